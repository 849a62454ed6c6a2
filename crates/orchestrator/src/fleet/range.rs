//! Names with numbers in brackets: `web[01-37]`, `n[1-3,7]`, `dc[1-2]n[1-99]`, `n[0-10/2]`. What they mean, zeros in front
//! included, is what `ClusterShell` makes of them.

use std::collections::{BTreeMap, BTreeSet};

/// Names that one pattern stands for, at most.
const MOST: usize = 100_000;
/// Digits of a number, at most: it fits 64 bits.
const DIGITS: usize = 18;

/// The names that a pattern stands for, in its order; one without brackets stands for itself.
///
/// # Errors
/// A sentence that says what is wrong with which bracket.
pub fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        if before.contains(']') {
            return Err(format!("{pattern}: there is a ']' without its '['"));
        }
        let (inside, behind) = after
            .split_once(']')
            .ok_or_else(|| format!("{pattern}: there is a '[' without its ']'"))?;
        let numbers = numbers(inside).map_err(|why| format!("{pattern}: [{inside}]: {why}"))?;
        if names.len().saturating_mul(numbers.len()) > MOST {
            return Err(format!("{pattern}: stands for more than {MOST} names"));
        }
        names = names
            .iter()
            .flat_map(|name| {
                numbers
                    .iter()
                    .map(move |one| format!("{name}{before}{one}"))
            })
            .collect();
        rest = behind;
    }
    if rest.contains(']') {
        return Err(format!("{pattern}: there is a ']' without its '['"));
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// The numbers between two brackets, as they are written in the names.
fn numbers(inside: &str) -> Result<Vec<String>, String> {
    let mut found = BTreeSet::new();
    for part in inside.split(',') {
        let (bounds, step) = match part.split_once('/') {
            Some((bounds, step)) => (bounds, number(step)?.0),
            None => (part, 1),
        };
        let (first, last) = bounds.split_once('-').unwrap_or((bounds, bounds));
        let ((from, first), (to, last)) = (number(first)?, number(last)?);
        let width = if is_padded(first) || is_padded(last) {
            if first.len() != last.len() {
                return Err(format!(
                    "{first} and {last} have different numbers of digits"
                ));
            }
            first.len()
        } else {
            0
        };
        if from > to {
            return Err(format!("{first} is more than {last}"));
        }
        if step == 0 {
            return Err("a step of 0 leads nowhere".to_owned());
        }
        let mut at = from;
        while at <= to {
            if found.len() >= MOST {
                return Err(format!("stands for more than {MOST} names"));
            }
            found.insert((at, width.max(at.to_string().len())));
            at = at.saturating_add(step);
        }
    }
    let written = found
        .into_iter()
        .map(|(value, width)| format!("{value:0width$}"));
    Ok(written.collect())
}

/// A number and how it is written.
fn number(text: &str) -> Result<(u64, &str), String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a number is missing".to_owned());
    }
    if text.len() > DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("'{text}' is no number of up to {DIGITS} digits"));
    }
    let value = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    Ok((value, text))
}

fn is_padded(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

/// Names in one line, with their numbers in brackets, so that [`expand`] makes the same names of it.
pub fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut order = Vec::new();
    let mut alike: BTreeMap<Vec<&str>, BTreeSet<Vec<&str>>> = BTreeMap::new();
    for name in names {
        let (texts, numbers) = split(name);
        if !alike.contains_key(&texts) {
            order.push(texts.clone());
        }
        alike.entry(texts).or_default().insert(numbers);
    }
    let mut written = Vec::new();
    for texts in order {
        for block in blocks(alike.remove(&texts).unwrap_or_default()) {
            let mut one = String::new();
            for (at, text) in texts.iter().enumerate() {
                one.push_str(text);
                if let Some(numbers) = block.get(at) {
                    one.push_str(&bracketed(numbers));
                }
            }
            written.push(one);
        }
    }
    written.join(",")
}

/// A name's texts and the numbers between them: one text more than numbers. What is too long to count with is text.
fn split(name: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    let (mut since, mut end) = (0, 0);
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    for run in name.as_bytes().chunk_by(|a, b| is_digit(a) == is_digit(b)) {
        let start = end;
        end += run.len();
        if run.first().is_some_and(is_digit) && run.len() <= DIGITS {
            texts.push(&name[since..start]);
            numbers.push(&name[start..end]);
            since = end;
        }
    }
    texts.push(&name[since..]);
    (texts, numbers)
}

/// Some numbers at each place of a name, all of which go with all.
type Block<'a> = Vec<BTreeSet<&'a str>>;

/// Puts names together that differ at one place alone, place after place.
fn blocks(names: BTreeSet<Vec<&str>>) -> Vec<Block<'_>> {
    let places = names.first().map_or(0, Vec::len);
    let single = |numbers: Vec<_>| {
        numbers
            .into_iter()
            .map(|one| BTreeSet::from([one]))
            .collect()
    };
    let mut blocks: Vec<Block<'_>> = names.into_iter().map(single).collect();
    for place in (0..places).rev() {
        let mut merged: BTreeMap<Block<'_>, BTreeSet<&str>> = BTreeMap::new();
        for mut block in blocks {
            let here = block.remove(place);
            merged.entry(block).or_default().extend(here);
        }
        blocks = merged
            .into_iter()
            .map(|(mut block, here)| {
                block.insert(place, here);
                block
            })
            .collect();
    }
    // By the first name of each, as a person counts.
    blocks.sort_by_cached_key(|block| {
        let firsts = block.iter().filter_map(BTreeSet::first);
        firsts.map(|one| (one.len(), *one)).collect::<Vec<_>>()
    });
    blocks
}

/// Numbers as they are in a folded name: one alone without brackets.
fn bracketed(numbers: &BTreeSet<&str>) -> String {
    if let [one] = Vec::from_iter(numbers)[..] {
        return (*one).to_owned();
    }
    // One with zeros in front goes with those of its width, so that 09 and 10 are neighbours as 9 and 10 are.
    let padded: BTreeSet<usize> = numbers
        .iter()
        .filter(|one| is_padded(one))
        .map(|one| one.len())
        .collect();
    let mut series: BTreeMap<usize, Vec<(u64, &str)>> = BTreeMap::new();
    for (value, one) in numbers.iter().filter_map(|one| number(one).ok()) {
        let width = padded.get(&one.len()).copied().unwrap_or(0);
        series.entry(width).or_default().push((value, one));
    }
    let mut runs = Vec::new();
    for mut of_width in series.into_values() {
        of_width.sort_unstable();
        for run in of_width.chunk_by(|(before, _), (after, _)| before + 1 == *after) {
            match run {
                [(_, first), .., (_, last)] => runs.push(format!("{first}-{last}")),
                run => runs.extend(run.iter().map(|(_, one)| (*one).to_owned())),
            }
        }
    }
    format!("[{}]", runs.join(","))
}

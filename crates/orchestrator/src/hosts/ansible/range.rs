//! Ranges in the names of an inventory: `web[01:50]`, `db-[a:f]`, `n[1:9:2]`.

use crate::fleet;

/// The names that one stands for.
///
/// # Errors
/// Why it stands for none.
pub(super) fn names(pattern: &str) -> Result<Vec<String>, String> {
    let Some((before, rest)) = pattern.split_once('[') else {
        return Ok(vec![pattern.to_owned()]);
    };
    let Some((inside, after)) = rest.split_once(']') else {
        return Err("'[' without its ']'".to_owned());
    };
    let after = names(after)?;
    let mut all = Vec::new();
    for middle in middles(inside)? {
        for end in &after {
            if all.len() >= super::listing::MOST_HOSTS {
                return Err(format!(
                    "stands for more than {} hosts",
                    super::listing::MOST_HOSTS
                ));
            }
            all.push(format!("{before}{middle}{end}"));
        }
    }
    Ok(all)
}

fn middles(inside: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = inside.split(':').collect();
    let (first, last, step) = match parts[..] {
        [first, last] => (first, last, "1"),
        [first, last, step] => (first, last, step),
        _ => return Err("a range is FIRST:LAST or FIRST:LAST:STEP".to_owned()),
    };
    if let ([first], [last]) = (first.as_bytes(), last.as_bytes())
        && first.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        let step: usize = step.parse().map_err(|_| "its step is no number")?;
        if step == 0 || first > last {
            return Err("a range leads nowhere".to_owned());
        }
        let letters = (*first..=*last).step_by(step);
        return Ok(letters
            .map(|letter| char::from(letter).to_string())
            .collect());
    }
    fleet::expand(&format!("[{first}-{last}/{step}]"))
}

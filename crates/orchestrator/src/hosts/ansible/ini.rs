//! The INI form, which is no INI: a line of a group is a host with variables behind it, or a range of hosts; `[g:children]`
//! names groups, `[g:vars]` variables.

use super::{Inventory, counts, range};

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Hosts,
    Children,
    Vars,
}

/// The groups and hosts of a text, and what of it could not be read, each with its line.
pub(super) fn inventory(text: &str) -> (Inventory, Vec<String>) {
    let (mut inventory, mut problems) = (Inventory::default(), Vec::new());
    let (mut group, mut section) = ("ungrouped".to_owned(), Section::Hosts);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let read = match header(line) {
            Some(Ok((name, of))) => {
                inventory.group(name);
                (group, section) = (name.to_owned(), of);
                Ok(())
            }
            Some(Err(why)) => {
                // What follows belongs nowhere.
                (group, section) = ("ungrouped".to_owned(), Section::Vars);
                Err(why)
            }
            None => line_of(line, &group, section, &mut inventory),
        };
        if let Err(why) = read
            && problems.len() < 20
        {
            problems.push(format!("{}: {why}", at + 1));
        }
    }
    (inventory, problems)
}

/// Whether lines are such as an inventory begins with: sections, variables, and hosts with nothing but variables behind them.
/// A host alone on a line may be any word of any file: there is a section, or a variable that counts, too.
pub(in crate::hosts) fn begins(lines: &[&str]) -> bool {
    let lines = lines.iter().map(|line| line.trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let mut is_one = false;
    for line in lines {
        if header(line).is_some_and(|header| header.is_ok()) {
            is_one = true;
            continue;
        }
        let Some(words) = shlex::split(line) else {
            return false;
        };
        is_one |= words.iter().any(|word| word.starts_with("ansible_"));
        let Some((name, vars)) = words.split_first() else {
            continue;
        };
        let vars = vars.iter().take_while(|word| !word.starts_with('#'));
        let mut vars = vars.filter(|word| !word.contains('=') && *word != "=");
        let is_assignment = line.contains('=') && counts_as_name(line);
        let is_pattern = |c: char| c.is_alphanumeric() || "._-:[]@=".contains(c);
        if !is_assignment && (!name.chars().all(is_pattern) || vars.next().is_some()) {
            return false;
        }
    }
    is_one
}

/// Whether what is before the first `=` of a line is the name of a variable.
fn counts_as_name(line: &str) -> bool {
    let name = line.split('=').next().unwrap_or_default().trim();
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `[group]`, `[group:children]`, `[group:vars]`.
fn header(line: &str) -> Option<Result<(&str, Section), String>> {
    let inside = line.strip_prefix('[')?;
    // A host may begin with a range: `[1:3].example.org`.
    let (inside, rest) = inside.split_once(']')?;
    let rest = rest.trim();
    if !rest.is_empty() && !rest.starts_with(['#', ';']) {
        return None;
    }
    Some(match inside.split_once(':') {
        None => Ok((inside.trim(), Section::Hosts)),
        Some((name, "children")) => Ok((name.trim(), Section::Children)),
        Some((name, "vars")) => Ok((name.trim(), Section::Vars)),
        Some((_, "hosts")) => Err("a group's hosts are under [group] alone".to_owned()),
        Some(_) => Err("a section is [group], [group:children] or [group:vars]".to_owned()),
    })
}

fn line_of(
    line: &str,
    group: &str,
    section: Section,
    inventory: &mut Inventory,
) -> Result<(), String> {
    match section {
        Section::Children => {
            let child = line
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned();
            inventory.group(&child);
            inventory.group(group).children.insert(child);
        }
        Section::Vars => {
            let (name, value) = line.split_once('=').ok_or("a variable is NAME=value")?;
            if counts(name.trim()) {
                let vars = &mut inventory.group(group).vars;
                vars.insert(name.trim().to_owned(), unquoted(value));
            }
        }
        Section::Hosts => {
            let words = shlex::split(line).ok_or("a quote has no end")?;
            let Some((name, vars)) = words.split_first() else {
                return Ok(());
            };
            for name in range::names(name)? {
                // That there are too many is said once, by whoever lists them.
                if !inventory.has_room() {
                    return Ok(());
                }
                // `host:2222` is a port, and `fe80::1` an address.
                let (name, port) = match name.split_once(':') {
                    Some((name, port)) if port.parse::<u16>().is_ok() => (name, Some(port)),
                    _ => (name.as_str(), None),
                };
                let own = inventory.host(name, group);
                own.extend(port.map(|port| ("ansible_port".to_owned(), port.to_owned())));
                let pairs = vars.iter().filter_map(|pair| pair.split_once('='));
                let pairs = pairs.filter(|(name, _)| counts(name));
                own.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
        }
    }
    Ok(())
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    });
    inner.unwrap_or(value).to_owned()
}

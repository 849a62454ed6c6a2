//! Included files that are not there: make ends without them, unless some rule makes them.

use super::super::{
    reader::{Missing, Reader},
    syntax::{builtin_names::is_given, functions::stem, text::is_name},
};

/// What a sample of a file is called beside it.
const SAMPLES: [&str; 6] = [
    ".example",
    ".sample",
    ".template",
    ".dist",
    ".default",
    "-sample",
];
/// Programs of a project that write such files.
const CONFIGURING: [&str; 4] = ["configure", "autogen.sh", "bootstrap", "config"];

/// Reports them, each with what may be done about it.
pub(in crate::make::scan) fn tell(reader: &mut Reader) {
    for one in std::mem::take(&mut reader.missing) {
        let Missing {
            name,
            written,
            place,
        } = one;
        // What a shell is asked before may write it.
        let alone = name.rsplit('/').next().unwrap_or(&name);
        if reader.shell_text.contains(alone) {
            continue;
        }
        let rules = &reader.rules;
        let has_rule = rules.position(&name).is_some()
            || rules
                .patterns
                .iter()
                .any(|(pattern, _)| stem(pattern, &name).is_some());
        if !has_rule {
            let advice = match nothing_before(&name, &written, reader) {
                Some(variable) => format!("; $({variable}) is empty, since nothing sets it"),
                None => advice(&name, reader),
            };
            let what = format!("{name}: no such file to include, so make ends here{advice}");
            reader.problem(place, what);
        }
    }
}

/// The unset variable that an include's path begins with, if it does.
fn nothing_before(name: &str, written: &str, reader: &Reader) -> Option<String> {
    let mut words = written.split_whitespace().filter(|_| name.starts_with('/'));
    let begins = words.find_map(|word| {
        let end = word.find(name).filter(|end| *end > 3)?;
        let first = word[..end]
            .strip_prefix("$(")
            .or_else(|| word[..end].strip_prefix("${"))?;
        first.strip_suffix([')', '}'])
    })?;
    let known = reader.variables.get(begins);
    let is_empty = known.is_none_or(|one| one.value.is_none());
    (is_empty && is_name(begins) && !is_given(begins)).then(|| begins.to_owned())
}

/// What may be done about a file that is missing, as far as the files beside it show.
fn advice(name: &str, reader: &mut Reader) -> String {
    let samples = SAMPLES.map(|ending| format!("{name}{ending}"));
    if let Some(sample) = samples.iter().find(|one| reader.files.is_there(one)) {
        return format!("; {sample} is beside it, to be copied");
    }
    if let Some(module) = submodule(name, reader) {
        return format!(
            "; it is in the git submodule {module}: git submodule update --init {module}"
        );
    }
    let has_input = [".in", ".ac", ".cmake"]
        .iter()
        .any(|ending| reader.files.is_there(&format!("{name}{ending}")));
    let program = CONFIGURING.iter().find(|one| reader.files.is_there(one));
    match program {
        Some(program) => format!("; ./{program} may write it"),
        None if has_input => "; it is written when the project is configured".to_owned(),
        None => String::new(),
    }
}

/// The submodule that a file is in, by `.gitmodules`.
fn submodule(name: &str, reader: &mut Reader) -> Option<String> {
    let name = name.trim_start_matches("./");
    let list = reader.files.document(".gitmodules")?;
    let paths = list.lines().filter_map(|line| {
        let (key, path) = line.split_once('=')?;
        (key.trim() == "path").then(|| path.trim())
    });
    let mut around = paths.filter(|path| {
        let rest = name.strip_prefix(path);
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    around.next().map(str::to_owned)
}

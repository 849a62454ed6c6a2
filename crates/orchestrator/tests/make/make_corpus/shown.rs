//! What a person is shown of a scan, as a short text: a line for each target and each variable, and below it what is said
//! of it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

use std::fmt::Write;

use orchestrator::project::{
    Need, Problem, Scan, SetBy, SummaryBy, Target, Variable, VariableKind,
};

/// The text.
pub(crate) fn shown(scan: &Scan) -> String {
    let mut out = format!("goal: {}\n", scan.default_goal.as_deref().unwrap_or("none"));
    for target in scan.targets.iter().filter(|target| target.listed) {
        of_target(target, scan, &mut out);
    }
    let other = scan.targets.iter().filter(|target| !target.listed);
    let other: Vec<&str> = other.map(|target| target.name.as_str()).collect();
    line("other", &other, &mut out);
    let meant = scan.variables.iter().filter(|one| is_meant(one));
    meant.for_each(|variable| of_variable(variable, &mut out));
    of_places("problem", &scan.problems, &mut out);
    of_places("hint", &scan.hints, &mut out);
    out
}

fn line(label: &str, words: &[&str], out: &mut String) {
    if !words.is_empty() {
        writeln!(out, "{label}: {}", words.join(", ")).unwrap();
    }
}

fn of_target(target: &Target, scan: &Scan, out: &mut String) {
    let group = target.group.as_ref().map(|group| format!(" [{group}]"));
    let doc = target.doc.as_ref().map(|doc| format!(": {doc}"));
    let summary = target.summary.as_ref();
    let summary = summary.map(|one| format!(" ({}: {})", source(&one.by), one.text));
    let doc = doc.or(summary);
    let [group, doc] = [group, doc].map(Option::unwrap_or_default);
    writeln!(out, "{}{group}{doc}", target.name).unwrap();
    let names = |list: &[String]| {
        list.iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let fields = scan
        .variables
        .iter()
        .filter(|one| is_meant(one) && target.uses.contains(&one.name));
    let fields: Vec<String> = fields.map(|one| one.name.clone()).collect();
    let terminal = target.pty.then(|| {
        target
            .pty_reason
            .clone()
            .unwrap_or_else(|| "by its comment".into())
    });
    let facts = [
        ("pattern", target.pattern.then(String::new)),
        ("leads to", Some(names(&target.leads))),
        ("fields", Some(names(&fields))),
        ("needs", Some(names(&target.guards))),
        ("asks", target.danger.as_ref().map(ToString::to_string)),
        ("terminal", terminal),
        ("exclusive", Some(names(&target.exclusive))),
        (
            "timeout in ms",
            target.timeout.map(|timeout| timeout.to_string()),
        ),
        ("words", target.extra_words.then(String::new)),
    ];
    for (label, fact) in facts {
        match fact.as_deref() {
            Some("") if !matches!(label, "pattern" | "words") => {}
            Some("") => writeln!(out, "  {label}").unwrap(),
            Some(fact) => writeln!(out, "  {label}: {fact}").unwrap(),
            None => {}
        }
    }
}

/// What a summary is taken from.
fn source(by: &SummaryBy) -> &str {
    match by {
        SummaryBy::Document { file } => file,
        SummaryBy::Recipe => "its recipe says",
        SummaryBy::Leads => "it",
        SummaryBy::Command => "its command",
    }
}

/// As the form takes it, and what else is said of a variable that a person should know of.
fn is_meant(variable: &Variable) -> bool {
    let is_field = variable.doc.is_some() || variable.optional || variable.need != Need::Met;
    is_field || variable.secret || variable.set_by.is_some() || !variable.suggestions.is_empty()
}

fn of_variable(variable: &Variable, out: &mut String) {
    let default = variable
        .default
        .as_ref()
        .map(|default| format!(" = {default}"));
    let doc = variable.doc.as_ref().map(|doc| format!(": {doc}"));
    let [default, doc] = [default, doc].map(Option::unwrap_or_default);
    writeln!(out, "${}{default}{doc}", variable.name).unwrap();
    let set_by = variable.set_by.as_ref().map(|by| match by {
        SetBy::File { file } => format!("set in {file}"),
        SetBy::Environment => "set in the environment".into(),
        SetBy::Makefile => "set in the makefile".into(),
    });
    let facts = [
        variable.secret.then(|| "secret".to_owned()),
        set_by,
        (variable.kind != VariableKind::Text).then(|| format!("kind {:?}", variable.kind)),
        (!variable.choices.is_empty()).then(|| format!("one of {}", variable.choices.join(", "))),
        (!variable.suggestions.is_empty())
            .then(|| format!("suggests {}", variable.suggestions.join(", "))),
    ];
    for fact in facts.into_iter().flatten() {
        writeln!(out, "  {fact}").unwrap();
    }
}

fn of_places(label: &str, list: &[Problem], out: &mut String) {
    for Problem { place, what } in list {
        writeln!(out, "{label} {}:{}: {what}", place.file, place.line).unwrap();
    }
}

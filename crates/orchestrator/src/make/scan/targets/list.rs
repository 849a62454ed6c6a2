//! From what was read to what a person is shown: which targets, in which order, with which variables, and what asks first.

use std::collections::HashMap;

use super::{
    super::{
        files::missing,
        reader::{Reader, settle_languages},
        recipes::calls::calls,
        syntax::{builtin_names::is_customary, text::cut},
        texts::summary::{Documented, summary},
        values::{
            examples,
            secret_names::concealed,
            secrets,
            variables::{self, Guard, Variables},
        },
    },
    extra_words::ExtraWords,
    guards, inherited,
    phony::slips_of_phony,
    reach,
    rules::{Found, Rule, Rules},
    shown_first,
};
use crate::project::{Need, Place, Scan, SetBy, Target, Variable};

/// Of one target's recipe, as many lines are shown.
const MAX_RECIPE: usize = 200;
/// The most lines of recipes in one scan: a thousand targets may share one long recipe.
const MAX_RECIPES: usize = 100_000;
/// Of the targets that one leads to at once, as many are named.
const MAX_LEADS: usize = 50;
/// The most of these in one scan: of a thousand targets each may lead to all.
const MAX_LEADS_IN_ALL: usize = 100_000;
/// The longest default that is shown, in characters.
const MAX_DEFAULT: usize = 2_000;
/// The most bytes of all targets' own defaults: a thousand targets may share one long value.
const MAX_DEFAULTS: usize = 4 << 20;

/// The scan of what was read.
pub(in crate::make) fn list(mut reader: Reader) -> Scan {
    reader.rules.settle_sides();
    settle_languages(&mut reader);
    missing::tell(&mut reader);
    tell_overspent(&mut reader);
    guards::by_prerequisite(&mut reader);
    examples::settle(std::mem::take(&mut reader.examples), &mut reader.variables);
    for name in std::mem::take(&mut reader.read_by_shell) {
        if let Some(index) = reader.variables.position(&name) {
            reader.variables.list[index].is_put_in = true;
        }
    }
    need(&mut reader);
    reader.give_hints();
    reader.hints.extend(slips_of_phony(&reader.rules));
    let default_goal = reader.rules.goal().map(str::to_owned);
    // What is secret goes first: nothing else may use up what expanding may cost.
    let secrets = secrets::of(&mut reader);
    let targets = targets(&mut reader, default_goal.as_ref());
    Scan {
        secrets,
        targets: in_order(targets),
        variables: variables(reader.variables),
        default_goal,
        problems: reader.problems,
        hints: reader.hints,
        dotenv_sample: None,
    }
}

fn targets(reader: &mut Reader, default_goal: Option<&String>) -> Vec<Target> {
    let led = inherited::of(reader, default_goal.map(String::as_str));
    shown_first::texts(reader);
    let shown = shown_first::listed(reader, default_goal);
    let (rules, variables) = (&reader.rules, &reader.variables);
    let extra_words = ExtraWords::of(rules, variables);
    let leads = leads(reader, default_goal);
    let documented = Documented::of_documents(&reader.documents, rules);
    let (mut lines, mut room, mut names) = (MAX_RECIPES, MAX_DEFAULTS, MAX_LEADS_IN_ALL);
    let mut targets = Vec::new();
    for ((found, led), shown) in rules.targets.iter().zip(led).zip(shown) {
        if rules.suffix_rule(&found.name).is_some() || is_no_more(found, rules) {
            continue;
        }
        let mut target = target(found, rules, &mut lines);
        target.listed = shown;
        target.leads = leads_of(found, &leads, rules, &mut names);
        if target.listed && target.doc.is_none() {
            target.summary = summary(found, &target.leads, (reader, &documented));
        }
        target.uses = led.variables.uses;
        target.guards = led.variables.guards;
        target.danger = led.danger;
        if found.notes.pty.is_none() {
            target.pty = led.terminal.is_some();
            target.pty_reason = led.terminal;
        }
        let is_secret = |name: &str| variables.is_secret(name);
        let shown = |text: &mut String| *text = concealed(text, &is_secret).into_owned();
        target.doc.iter_mut().for_each(shown);
        target
            .summary
            .iter_mut()
            .for_each(|one| shown(&mut one.text));
        target.exclusive = led.exclusive;
        target.graces = led.graces;
        target.defaults = defaults(&found.name, rules, variables, &mut room);
        let taken = |words: &ExtraWords| words.are_taken(&found.rules, rules);
        target.extra_words = extra_words.as_ref().is_some_and(taken);
        targets.push(target);
    }
    targets
}

/// Whether a pattern has no recipe: such a rule takes away what make knows by itself.
fn is_no_more(found: &Found, rules: &Rules) -> bool {
    let mut own = found.rules.iter().map(|rule| &rules.list[*rule]);
    found.is_pattern && !own.any(Rule::has_recipe)
}

/// What a rule leads to at once.
#[derive(Default)]
struct Next {
    /// The targets it needs, then those its recipe calls make for.
    targets: Vec<usize>,
    /// Names of these that are of a family, as `test-api` is of `test-%`.
    of_families: Vec<String>,
}

/// Of each rule what it leads to at once.
fn leads(reader: &Reader, default_goal: Option<&String>) -> Vec<Next> {
    let rules = &reader.rules;
    let default_goal = default_goal.map(String::as_str);
    let has_families = rules.targets.iter().any(|found| found.is_pattern);
    let of_rule = |rule: &Rule| {
        let mut next = Next::default();
        let calls = calls(rule.code(), &reader.expander());
        let called = reach::called(&calls, default_goal).into_iter();
        let needed = rule.prerequisites.iter().map(String::as_str);
        for name in needed.chain(called.map(|(name, _)| name)) {
            if next.targets.len() + next.of_families.len() >= MAX_LEADS {
                break;
            }
            match rules.position(name) {
                Some(target) if next.targets.contains(&target) => {}
                Some(target) => next.targets.push(target),
                None if !has_families || next.of_families.iter().any(|known| known == name) => {}
                None if rules.is_of_family(name) => next.of_families.push(name.to_owned()),
                None => {}
            }
        }
        next
    };
    rules.list.iter().map(of_rule).collect()
}

fn leads_of(found: &Found, leads: &[Next], rules: &Rules, room: &mut usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let own = || found.rules.iter();
    let known = own().flat_map(|rule| &leads[*rule].targets);
    let known = known.map(|target| &rules.targets[*target].name);
    let of_families = own().flat_map(|rule| &leads[*rule].of_families);
    for name in known.chain(of_families) {
        if names.len() == MAX_LEADS || *room == 0 {
            break;
        }
        if *name != found.name && !names.contains(name) {
            *room -= 1;
            names.push(name.clone());
        }
    }
    names
}

/// Names are missing if their expansion was given up.
fn tell_overspent(reader: &mut Reader) {
    if reader.variables.overspent.get() {
        let place = Place {
            file: reader.main_file(),
            line: 1,
        };
        let what = "its variables expand to more than 8 MiB; some names are left out";
        reader.problem(place, what.to_owned());
    }
}

/// Marks the variables that some target cannot do without.
fn need(reader: &mut Reader) {
    let mut open: Vec<usize> = Vec::new();
    for rule in &reader.rules.list {
        open.extend(&rule.uses);
    }
    let list = &mut reader.variables.list;
    while let Some(index) = open.pop() {
        if !std::mem::replace(&mut list[index].needed, true) {
            open.extend(&list[index].uses);
        }
    }
}

fn target(found: &Found, rules: &Rules, lines: &mut usize) -> Target {
    let own = || found.rules.iter().map(|rule| &rules.list[*rule]);
    let first = own()
        .find(|rule| !rule.lines.is_empty())
        .or_else(|| own().next());
    let recipe: Vec<String> = own()
        .flat_map(|rule| rule.lines.iter())
        .take(MAX_RECIPE.min(*lines))
        .cloned()
        .collect();
    *lines -= recipe.len();
    Target {
        name: found.name.clone(),
        pattern: found.is_pattern,
        doc: found.notes.doc.clone(),
        summary: None,
        group: found.group.clone(),
        place: first.map_or_else(
            || Place {
                file: String::new(),
                line: 1,
            },
            |rule| rule.place.clone(),
        ),
        phony: rules.phony.contains(&found.name),
        listed: false,
        recipe,
        danger: None,
        uses: Vec::new(),
        guards: Vec::new(),
        leads: Vec::new(),
        pty: found.notes.pty == Some(true),
        pty_reason: None,
        exclusive: Vec::new(),
        graces: Vec::new(),
        timeout: found.notes.timeout,
        defaults: Vec::new(),
        extra_words: false,
    }
}

/// The values that the target's variables have for it alone, of those that a person may give.
fn defaults(
    target: &str,
    rules: &Rules,
    variables: &Variables,
    room: &mut usize,
) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for own in rules.specifics.of(target, variables) {
        let variable = variables.get(own.name);
        if variable.is_some_and(|variable| variable.is_hidden_in(&own.value)) {
            continue;
        }
        let value = cut(&own.value, MAX_DEFAULT);
        let Some(left) = room.checked_sub(own.name.len() + value.len()) else {
            break;
        };
        if variables
            .get(own.name)
            .is_some_and(variables::Variable::is_offered)
        {
            *room = left;
            all.push((own.name.to_owned(), value));
        }
    }
    all
}

/// Listed ones first; of these the groups stay together, in the order in which they first come.
fn in_order(mut targets: Vec<Target>) -> Vec<Target> {
    let mut groups: HashMap<Option<String>, usize> = HashMap::new();
    for target in targets.iter().filter(|target| target.listed) {
        let next = groups.len();
        groups.entry(target.group.clone()).or_insert(next);
    }
    targets.sort_by_cached_key(|target| {
        let group = groups.get(&target.group).copied();
        (!target.listed, target.listed.then_some(group).flatten())
    });
    targets
}

fn variables(variables: Variables) -> Vec<Variable> {
    variables
        .list
        .into_iter()
        .filter(|variable| variable.is_offered())
        .map(|variable| {
            let need = need_of(&variable);
            let (kind, suggestions) = examples::offered(&variable);
            let is_taken = variable.taken_value().is_some();
            let shown = variable.shown_value();
            let shown = shown.filter(|_| is_taken && !variable.specific);
            let default = shown.map(|value| cut(value, MAX_DEFAULT));
            Variable {
                set_by: set_by(&variable),
                secret: variable.is_secret(),
                doc: variable.notes.doc,
                default,
                optional: variable.optional,
                need,
                choices: variable.notes.choices,
                kind,
                suggestions,
                fixed: variable.fixed,
                place: variable.place,
                name: variable.name,
            }
        })
        .collect()
}

/// What gives a variable a value that is not named.
fn set_by(variable: &variables::Variable) -> Option<SetBy> {
    if !variable.has_value() {
        return None;
    }
    if let Some(file) = variable.dotenv() {
        return Some(SetBy::File {
            file: file.to_owned(),
        });
    }
    variable.is_secret().then_some(SetBy::Makefile)
}

/// Whether a variable is to be given a value.
fn need_of(variable: &variables::Variable) -> Need {
    if variable.has_value() {
        return Need::Met;
    }
    if variable.guard != Guard::None {
        return Need::Guarded;
    }
    let is_missing = variable.value_of_all().is_none() && variable.needed && !variable.tested;
    match is_missing && !is_customary(&variable.name) {
        true => Need::Unset,
        false => Need::Met,
    }
}

//! The variables that running a target uses: in its recipe and prerequisites, in those of all the targets it leads to, and
//! in the values of all these.

use super::{
    super::values::variables::{Guard, Variables},
    reach::Reached,
    rules::Rules,
};

/// Of the variables one target uses, as many are listed.
const MAX_USES: usize = 100;
/// As many steps are made through what leads to what. A makefile of ten thousand targets may have a hundred variables
/// before they are used up; of the variables after that, a target has those that its own rules use.
const MAX_STEPS: usize = 8_000_000;

/// The variables of one target.
#[derive(Debug, Clone, Default)]
pub(in crate::make::scan) struct Uses {
    /// Those that it uses.
    pub(in crate::make::scan) uses: Vec<String>,
    /// Those of them that something fails without.
    pub(in crate::make::scan) guards: Vec<String>,
}

/// Gives each target the variables that it uses, of those that a person may give, in the order of their first mention.
pub(in crate::make::scan) fn uses(
    rules: &Rules,
    variables: &Variables,
    reached: &mut Reached,
    all: &mut [Uses],
) {
    let used = Used::of(rules, variables);
    let mut seen = vec![0; variables.list.len()];
    let mut steps = 0;
    for (index, variable) in variables.list.iter().enumerate() {
        if !variable.is_offered() {
            continue;
        }
        let mut tell = |target: usize| {
            let known = &mut all[target].uses;
            if known.len() < MAX_USES && known.last() != Some(&variable.name) {
                known.push(variable.name.clone());
            }
        };
        if steps > MAX_STEPS {
            let own = used.by_rules[index].iter();
            own.for_each(|rule| reached.owners(*rule).for_each(&mut tell));
            continue;
        }
        let (using, looked) = used.by(index, &mut seen, index + 1);
        let nodes: Vec<usize> = using.iter().map(|rule| reached.rule(*rule)).collect();
        steps += looked + reached.back_without(nodes, index, |target, _| tell(target));
    }
}

/// Gives each target the variables without a value that it fails without.
pub(in crate::make::scan) fn guards(
    rules: &Rules,
    variables: &Variables,
    reached: &mut Reached,
    all: &mut [Uses],
) {
    let used = Used::of(rules, variables);
    let failing = Failing::of(rules, variables);
    let mut seen = vec![0; variables.list.len()];
    let (mut steps, mut searches) = (0, 0);
    for (index, variable) in variables.list.iter().enumerate() {
        if variable.guard == Guard::None || variable.has_value() || !variable.is_offered() {
            continue;
        }
        let own = reached.with_own(index);
        let mut tell = |target: usize| {
            let Uses { uses, guards } = &mut all[target];
            if guards.len() < MAX_USES && !own.contains(&target) {
                guards.push(variable.name.clone());
                if !uses.contains(&variable.name) {
                    uses.push(variable.name.clone());
                }
            }
        };
        match variable.guard {
            Guard::Always => (0..reached.targets()).for_each(tell),
            _ if steps > MAX_STEPS => {}
            _ => {
                let mut rules = failing.rules[index].clone();
                let by_value = failing.variables[index].iter().copied();
                for value in by_value.chain((variable.guard == Guard::WhereUsed).then_some(index)) {
                    searches += 1;
                    let (using, looked) = used.by(value, &mut seen, searches);
                    rules.extend(using);
                    steps += looked;
                }
                let nodes: Vec<usize> = rules.iter().map(|rule| reached.rule(*rule)).collect();
                steps += reached.back_without(nodes, index, |target, _| tell(target));
            }
        }
    }
}

/// Who uses a variable.
struct Used {
    /// Of each variable, the rules that name it.
    by_rules: Vec<Vec<usize>>,
    /// Of each variable, the variables whose values name it.
    by_variables: Vec<Vec<usize>>,
}

impl Used {
    fn of(rules: &Rules, variables: &Variables) -> Self {
        let count = variables.list.len();
        let (mut by_rules, mut by_variables) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (index, rule) in rules.list.iter().enumerate() {
            for used in rule.uses.iter().chain(&rule.documented) {
                by_rules[*used].push(index);
            }
        }
        for (index, variable) in variables.list.iter().enumerate() {
            for used in &variable.uses {
                by_variables[*used].push(index);
            }
        }
        Self {
            by_rules,
            by_variables,
        }
    }

    /// The rules that use a variable, by way of others as well, and how many steps that took to find. `seen` holds for each
    /// variable the number of the last search that came by; `search` is this one's, from 1.
    fn by(&self, variable: usize, seen: &mut [usize], search: usize) -> (Vec<usize>, usize) {
        let mut open = vec![variable];
        let mut rules = Vec::new();
        let mut steps = 0;
        while let Some(index) = open.pop() {
            steps += 1;
            if std::mem::replace(&mut seen[index], search) != search {
                rules.extend(&self.by_rules[index]);
                open.extend(&self.by_variables[index]);
            }
        }
        (rules, steps)
    }
}

/// What fails without a variable.
struct Failing {
    /// Of each variable, the rules.
    rules: Vec<Vec<usize>>,
    /// Of each variable, the variables whose values fail.
    variables: Vec<Vec<usize>>,
}

impl Failing {
    fn of(rules: &Rules, variables: &Variables) -> Self {
        let count = variables.list.len();
        let mut failing = Self {
            rules: vec![Vec::new(); count],
            variables: vec![Vec::new(); count],
        };
        for (index, rule) in rules.list.iter().enumerate() {
            for guarded in &rule.guards {
                failing.rules[*guarded].push(index);
            }
        }
        for (index, variable) in variables.list.iter().enumerate() {
            for guarded in &variable.guards {
                failing.variables[*guarded].push(index);
            }
        }
        failing
    }
}

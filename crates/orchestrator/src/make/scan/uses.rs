//! The variables that running a target uses: in its recipe and prerequisites, in those of all the targets it leads to, and
//! in the values of all these.

use super::{led::Led, reach::Reached, rules::Rules, variables::Variables};

/// Of the variables one target uses, as many are told.
const MAX_USES: usize = 100;
/// As many steps are made through what leads to what. A makefile of ten thousand targets may have a hundred variables
/// before they are used up; of the variables after that, a target has those that its own rules use.
const MAX_STEPS: usize = 8_000_000;

/// Tells each target the variables that it uses, of those that a person may give, in the order of their first mention.
pub(super) fn uses(rules: &Rules, variables: &Variables, reached: &mut Reached, all: &mut [Led]) {
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
        let (using, looked) = used.by(index, &mut seen);
        let nodes: Vec<usize> = using.iter().map(|rule| reached.rule(*rule)).collect();
        steps += looked + reached.back_from(nodes, |target, _| tell(target));
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
            for used in rule.uses.iter().chain(&rule.told) {
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
    /// variable the last one, from 1, that came by.
    fn by(&self, variable: usize, seen: &mut [usize]) -> (Vec<usize>, usize) {
        let mut open = vec![variable];
        let mut rules = Vec::new();
        let mut steps = 0;
        while let Some(index) = open.pop() {
            steps += 1;
            if std::mem::replace(&mut seen[index], variable + 1) != variable + 1 {
                rules.extend(&self.by_rules[index]);
                open.extend(&self.by_variables[index]);
            }
        }
        (rules, steps)
    }
}

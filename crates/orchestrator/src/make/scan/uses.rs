//! The variables that running a target uses: in its recipe and prerequisites, in those of the targets it leads to, and in
//! the values of all these.

use super::{rules::Rules, variables::Variables};

/// Of the variables one target uses, as many are told.
const MAX_USES: usize = 100;
/// As many are looked at.
const MAX_SEEN: usize = 2_000;

/// Searches for them, one target after another.
pub(super) struct Uses {
    /// Which variables a person may give.
    offered: Vec<bool>,
    /// Of each variable, the number of the last search that came by.
    seen: Vec<u32>,
    search: u32,
}

impl Uses {
    pub(super) fn of(variables: &Variables) -> Self {
        let list = variables.list.iter();
        Self {
            offered: list.map(|variable| variable.is_offered()).collect(),
            seen: vec![0; variables.list.len()],
            search: 0,
        }
    }

    /// Those that these targets use, of those that a person may give, in the order of their first mention.
    pub(super) fn by(
        &mut self,
        targets: &[usize],
        rules: &Rules,
        variables: &Variables,
    ) -> Vec<String> {
        self.search += 1;
        let mut all: Vec<usize> = Vec::new();
        for rule in targets
            .iter()
            .flat_map(|target| &rules.targets[*target].rules)
        {
            let rule = &rules.list[*rule];
            self.take(rule.uses.iter().chain(&rule.told), &mut all);
        }
        let mut at = 0;
        while let Some(index) = all.get(at) {
            self.take(&variables.list[*index].uses, &mut all);
            at += 1;
        }
        all.retain(|index| self.offered[*index]);
        all.sort_unstable();
        all.truncate(MAX_USES);
        let names = all.into_iter().map(|index| &variables.list[index].name);
        names.cloned().collect()
    }

    fn take<'a>(&mut self, uses: impl IntoIterator<Item = &'a usize>, all: &mut Vec<usize>) {
        for index in uses {
            let before = std::mem::replace(&mut self.seen[*index], self.search);
            if before != self.search && all.len() < MAX_SEEN {
                all.push(*index);
            }
        }
    }
}

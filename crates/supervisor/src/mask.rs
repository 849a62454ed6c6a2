//! Keeps secrets out of a log: whatever a job writes of them is replaced before anybody sees it.
//!
//! A secret is looked for in every form of [`forms`]; forms shorter than [`SHORTEST`] are not. Every byte that belongs
//! to a form is replaced, forms that overlap by one [`STANDIN`]. How the output is cut into reads makes no difference:
//! what may be the start of a form is held back until it is decided. If no more comes, it is not held for ever, since
//! it may be the end of a prompt: [`Mask::let_go`] shows it if it gives little away and a [`STANDIN`] if it does not.
//! Either way it is remembered, and when the rest comes after all, that is replaced.

mod forms;

use std::{collections::VecDeque, sync::Arc};

use aho_corasick::{
    Anchored, BuildError, StartKind,
    automaton::{Automaton, StateID},
    dfa::DFA,
    nfa::contiguous::NFA,
};

/// Bytes: what is shorter occurs in any text, and masking it would ruin the log.
pub const SHORTEST: usize = 6;
/// What is shown where a secret was.
pub const STANDIN: &[u8] = b"***";
/// Of a form, one part in so many may be shown at most when its start was held back for long enough.
const MAY_SHOW: usize = 3;
/// Bytes of all forms up to which the faster automaton is made: it takes some hundred bytes for each, the other one some ten.
const SMALL: usize = 8 * 1024;

/// The secrets of a job, in all the forms they are looked for in. Clones share them.
#[derive(Clone)]
pub struct Secrets(Arc<Looked>);

/// What looks for all forms at once, however many there are.
struct Looked {
    automaton: Either,
    start: StateID,
    /// What is known of the states in which a form has begun, in their order.
    begun: Vec<Begun>,
}

/// One automaton for few forms, one for many.
enum Either {
    Small(DFA),
    Large(NFA),
}

/// A state: the last bytes may be the start of a form, and not the whole of it.
#[derive(Clone, Copy)]
struct Begun {
    state: StateID,
    /// How many bytes.
    held: u32,
    /// The length of the shortest form that begins so.
    shortest: u32,
}

/// The mask of one stream. What it holds back is shorter than the longest form of a secret.
pub struct Mask {
    secrets: Secrets,
    state: StateID,
    /// How many bytes were read, and how many of them have been given or replaced.
    read: u64,
    given: u64,
    /// What was read and not given.
    held: Vec<u8>,
    /// Where secrets are that may still grow, in order.
    covers: VecDeque<Cover>,
}

/// A part of what was read that is replaced.
struct Cover {
    start: u64,
    end: u64,
    /// Whether its stand-in was given.
    begun: bool,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask")
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// These secrets; none if all of them are too short to be looked for.
    ///
    /// # Panics
    /// If they have more than 2³¹ bytes in all their forms, which no environment holds.
    #[must_use]
    pub fn of<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut forms: Vec<Vec<u8>> = values.into_iter().flat_map(forms::forms).collect();
        forms.retain(|form| form.len() >= SHORTEST);
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return None;
        }
        let looked =
            Looked::of(&forms).expect("an environment is smaller than an automaton may be");
        Some(Self(Arc::new(looked)))
    }

    /// A text that is whole, as it may be seen.
    #[must_use]
    pub fn masked(&self, text: &[u8]) -> Vec<u8> {
        let mut mask = Mask::new(self.clone());
        let mut out = mask.pass(text);
        out.extend(mask.finish());
        out
    }
}

impl Looked {
    fn of(forms: &[Vec<u8>]) -> Result<Self, BuildError> {
        let automaton = if forms.iter().map(Vec::len).sum::<usize>() <= SMALL {
            let mut builder = DFA::builder();
            builder.start_kind(StartKind::Unanchored).prefilter(false);
            Either::Small(builder.build(forms)?)
        } else {
            Either::Large(NFA::builder().prefilter(false).build(forms)?)
        };
        let (start, begun) = match &automaton {
            Either::Small(dfa) => states(dfa, forms),
            Either::Large(nfa) => states(nfa, forms),
        };
        Ok(Self {
            automaton,
            start,
            begun,
        })
    }

    /// What has begun in this state.
    fn begun(&self, state: StateID) -> Option<Begun> {
        let at = self.begun.binary_search_by_key(&state, |begun| begun.state);
        at.ok().map(|at| self.begun[at])
    }
}

/// The first state, and all in which a form has begun that is not at its end: the state after a form's first bytes is
/// theirs and no other's.
fn states(automaton: &impl Automaton, forms: &[Vec<u8>]) -> (StateID, Vec<Begun>) {
    let start = automaton.start_state(Anchored::No);
    let start = start.expect("both are made to be searched unanchored");
    let next = |state, byte: &u8| automaton.next_state(Anchored::No, state, *byte);
    let mut all = Vec::new();
    for form in forms {
        let shortest = u32::try_from(form.len()).unwrap_or(u32::MAX);
        let mut state = start;
        for (held, byte) in (1..shortest).zip(form) {
            state = next(state, byte);
            all.push(Begun {
                state,
                held,
                shortest,
            });
        }
    }
    all.sort_unstable_by_key(|begun| (begun.state, begun.shortest));
    all.dedup_by_key(|begun| begun.state);
    let begun_at = |all: &[Begun], state| {
        let at = all.binary_search_by_key(&state, |begun| begun.state);
        at.ok().map(|at| all[at])
    };
    // At its end a form may still be the start of a longer one, or end with the start of another, where the next state is
    // that of its end without the first byte. The shorter ones first, as such an end may be one of them.
    let mut by_length: Vec<&[u8]> = forms.iter().map(Vec::as_slice).collect();
    by_length.sort_by_key(|form| form.len());
    let mut ends: Vec<Begun> = Vec::new();
    for form in by_length {
        let state = form.iter().fold(start, next);
        if begun_at(&all, state).is_some() {
            continue;
        }
        let within = form[1..].iter().fold(start, next);
        let of_end = || ends.iter().find(|end| end.state == within).copied();
        if let Some(begun) = begun_at(&all, within).or_else(of_end) {
            ends.push(Begun { state, ..begun });
        }
    }
    all.append(&mut ends);
    all.sort_unstable_by_key(|begun| begun.state);
    (start, all)
}

impl Mask {
    /// A mask for one stream.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self {
            state: secrets.0.start,
            secrets,
            read: 0,
            given: 0,
            held: Vec::new(),
            covers: VecDeque::new(),
        }
    }

    /// What may be seen of what was written so far, beyond what was given before.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let looked = Arc::clone(&self.secrets.0);
        match &looked.automaton {
            Either::Small(dfa) => self.walk(dfa, bytes),
            Either::Large(nfa) => self.walk(nfa, bytes),
        }
        self.held.extend_from_slice(bytes);
        let decided = self.decided();
        self.give(decided)
    }

    /// What is held back, when no byte has followed it for long enough: shown if it is shorter than [`SHORTEST`] and
    /// at most a third of each form it may become, else its stand-in. What follows is masked as if it had been held.
    pub fn let_go(&mut self) -> Vec<u8> {
        let gives_little = |begun: Begun| {
            let held = begun.held as usize;
            held < SHORTEST && held * MAY_SHOW <= begun.shortest as usize
        };
        self.give_all(gives_little)
    }

    /// The rest, when no more will be written; of what began like a secret, [`SHORTEST`] bytes and more are masked, as
    /// the end may have come in the middle of it.
    pub fn finish(&mut self) -> Vec<u8> {
        self.give_all(|begun| (begun.held as usize) < SHORTEST)
    }

    /// Looks for these secrets from now on, also in what is held back; what may be seen of that.
    pub fn learn(&mut self, secrets: Secrets) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        self.read = self.given;
        self.covers.clear();
        self.state = secrets.0.start;
        self.secrets = secrets;
        self.pass(&held)
    }

    /// How many bytes are held back.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    fn walk(&mut self, automaton: &impl Automaton, bytes: &[u8]) {
        let mut state = self.state;
        for byte in bytes {
            state = automaton.next_state(Anchored::No, state, *byte);
            self.read += 1;
            if automaton.is_match(state) {
                let ending = 0..automaton.match_len(state);
                let lengths = ending.map(|index| automaton.match_pattern(state, index));
                let longest = lengths.map(|form| automaton.pattern_len(form)).max();
                self.cover(longest.unwrap_or_default() as u64);
            }
        }
        self.state = state;
    }

    /// The last so many bytes are a secret's.
    fn cover(&mut self, length: u64) {
        let mut cover = Cover {
            start: self.read - length,
            end: self.read,
            begun: false,
        };
        while let Some(last) = self.covers.pop_back_if(|last| last.end > cover.start) {
            cover.start = cover.start.min(last.start);
            cover.begun |= last.begun;
        }
        self.covers.push_back(cover);
    }

    /// Up to where no form can begin any more.
    fn decided(&self) -> u64 {
        let begun = self.secrets.0.begun(self.state);
        self.read - begun.map_or(0, |begun| u64::from(begun.held))
    }

    fn give_all(&mut self, shows: impl Fn(Begun) -> bool) -> Vec<u8> {
        if let Some(begun) = self.secrets.0.begun(self.state)
            && !self.held.is_empty()
            && !shows(begun)
        {
            self.cover(begun.held.into());
        }
        self.give(self.read)
    }

    /// What was read up to `to`, as it may be seen.
    fn give(&mut self, to: u64) -> Vec<u8> {
        let to = to.max(self.given);
        let first = self.given;
        let index = |at: u64| usize::try_from(at - first).expect("what is held is in memory");
        let mut out = Vec::with_capacity(index(to));
        let mut at = first;
        for cover in self.covers.iter_mut().take_while(|cover| cover.start < to) {
            if cover.start > at {
                out.extend_from_slice(&self.held[index(at)..index(cover.start)]);
            }
            if !std::mem::replace(&mut cover.begun, true) {
                out.extend_from_slice(STANDIN);
            }
            at = at.max(cover.end.min(to));
        }
        out.extend_from_slice(&self.held[index(at)..index(to)]);
        self.held.drain(..index(to));
        self.given = to;
        // One that was given early is kept: what makes it longer may be on its way.
        let decided = self.decided();
        while self
            .covers
            .pop_front_if(|cover| cover.end <= decided)
            .is_some()
        {}
        out
    }
}

#[cfg(test)]
mod tests;

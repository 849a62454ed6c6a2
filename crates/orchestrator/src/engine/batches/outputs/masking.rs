//! What makes no difference between the outputs of hosts.

use std::collections::HashMap;

use crate::log::normalise::{Mask, Masks, Normaliser};

/// The address of each host, which its own output may name.
#[derive(Debug, Default)]
pub(super) struct Masking(pub(super) HashMap<String, String>);

impl Masking {
    /// Masks what differs from run to run and from host to host. Numbers and words that a person asks hosts for stay.
    pub(super) fn of(&self, hosts: &[&str]) -> Normaliser {
        let volatile = [
            Mask::Date,
            Mask::Time,
            Mask::Duration,
            Mask::Pid,
            Mask::TempPath,
            Mask::HostName,
        ];
        let stays = Mask::ALL
            .into_iter()
            .filter(|mask| !volatile.contains(mask));
        let names = hosts.iter().map(|name| (*name).to_owned());
        let addresses = hosts.iter().filter_map(|name| self.0.get(*name).cloned());
        Normaliser::new(
            stays.fold(Masks::default(), Masks::without),
            names.chain(addresses).collect(),
        )
    }
}

/// What the lines of two hosts are compared by.
pub(super) fn keys(
    masking: Option<&Masking>,
    one: &str,
    other: &str,
) -> impl Fn(&str) -> String + use<> {
    let masks = masking.map(|masking| masking.of(&[one, other]));
    move |line| match &masks {
        Some(masks) => {
            let mut out = String::with_capacity(line.len());
            masks.normalise(line, &mut out);
            out
        }
        None => line.to_owned(),
    }
}

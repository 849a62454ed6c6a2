//! A hash of all that decides what a job or a batch runs, so that a change of it is noticed.

use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Job, What};

/// The beginning of a digest of what runs, whose it is, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal(pub(crate) [u8; 16]);

impl Seal {
    /// Of a job as it now is.
    pub(crate) fn of(job: &Job) -> Self {
        let (kind, place, targets) = match &job.what {
            What::Target {
                project,
                targets,
                typed,
                ..
            } => (u8::from(*typed), Some(project.as_str()), targets.as_slice()),
            What::Command => (2, job.host(), &[][..]),
        };
        let (shown, runs) = (&job.command, job.argv());
        let all = (&job.owner, kind, place, targets, shown, runs);
        let all = (all, &job.variables, job.cwd(), job.pty);
        let mut text = json(&all);
        // Targets on a host are not the same targets here.
        if let (What::Target { .. }, Some(host)) = (&job.what, job.host()) {
            text.extend(json(&host));
        }
        if job.sudo() {
            text.extend(b"sudo");
        }
        Self::of_text(&text)
    }

    /// Of anything else.
    pub(crate) fn of_value(value: &impl Serialize) -> Self {
        Self::of_text(&json(value))
    }

    fn of_text(text: &[u8]) -> Self {
        let mut seal = [0; 16];
        seal.copy_from_slice(&Sha256::digest(text)[..16]);
        Self(seal)
    }

    /// As 32 hexadecimal digits.
    pub(crate) fn text(self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            // A string takes everything.
            write!(text, "{byte:02x}").ok();
            text
        })
    }
}

/// As JSON, where one text ends is no matter of what is in it. A path that is no text is in no row.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

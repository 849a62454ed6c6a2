//! The list of the jobs whose folders are here.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::live::Live;
use crate::job::JobId;

/// The jobs whose folders are here. Clones share the list.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Lives(Arc<Mutex<HashMap<JobId, Arc<Live>>>>);

impl Lives {
    /// The job, if its folder is here.
    pub(in crate::engine) fn get(&self, job: JobId) -> Option<Arc<Live>> {
        self.0.lock().get(&job).cloned()
    }

    /// All of them, in no order.
    pub(in crate::engine) fn all(&self) -> Vec<Arc<Live>> {
        self.0.lock().values().cloned().collect()
    }

    pub(in crate::engine) fn add(&self, live: &Arc<Live>) {
        self.0.lock().insert(live.id, Arc::clone(live));
    }

    pub(in crate::engine) fn remove(&self, job: JobId) {
        self.0.lock().remove(&job);
    }
}

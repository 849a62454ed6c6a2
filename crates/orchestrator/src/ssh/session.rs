//! What is logged in: each session on a thread of its own, and which job goes to which session.

mod by_own_ssh;
pub(super) mod driver;
mod forward;
pub(super) mod pool;
pub(super) mod transport;
mod work;

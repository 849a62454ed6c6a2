//! What is logged in: each session on a thread of its own, and which job goes to which session.

mod alive;
mod apart;
mod by_own_ssh;
pub(super) mod driver;
mod forward;
mod needs;
pub(super) mod pool;
pub(super) mod transport;
pub(super) mod window;
mod work;

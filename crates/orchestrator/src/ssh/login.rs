//! From a name to a session that is logged in: the connection, the key exchange, the host key, the login itself.

mod accepted;
mod agent;
pub(super) mod ask;
pub(super) mod connect;
pub(in crate::ssh) mod dial;
mod handshake;
mod keys;
pub(super) mod known_hosts;
pub(super) mod methods;
pub(super) mod patience;
mod public_key;
mod reply;
mod sign;
pub(super) mod tunnel;
pub(super) mod way;

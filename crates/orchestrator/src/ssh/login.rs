//! From a name to a session that is logged in: the connection, the key exchange, the host key, the login itself.

pub(super) mod ask;
pub(super) mod dial;
pub(super) mod handshake;
pub(super) mod known_hosts;
pub(super) mod methods;
pub(super) mod patience;

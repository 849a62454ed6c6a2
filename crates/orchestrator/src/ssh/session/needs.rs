//! What the later logins of a session's process do not do without, once it is confined.

use crate::{
    confined::Needs,
    ssh::config::route::{Bind, Route, Via},
};

/// What later logins by this route do not do without in a confined process; or why its process cannot be confined.
pub(super) fn of(route: &Route) -> Result<Needs, String> {
    let hops = match &route.via {
        Via::Direct => &[][..],
        Via::Hosts(hops) => hops,
        Via::Command(_) => return Err("its ProxyCommand is started by that process".to_owned()),
    };
    let mut needs = Needs::default();
    for route in hops.iter().chain([route]) {
        if matches!(route.via, Via::Command(_)) {
            return Err("a ProxyCommand on the way is started by that process".to_owned());
        }
        if matches!(route.bind, Some(Bind::Interface(_))) {
            return Err("BindInterface asks the system for its interfaces".to_owned());
        }
        if route.revoked_host_keys.is_some() {
            return Err("RevokedHostKeys may have to be read by ssh-keygen".to_owned());
        }
        needs.read.extend(route.known_hosts.iter().cloned());
        needs.read.extend(route.global_known_hosts.iter().cloned());
        needs.append.extend(route.known_hosts.first().cloned());
        needs.connect.extend(route.agent.iter().cloned());
        needs.connect.extend(route.forward_agent.iter().cloned());
    }
    Ok(needs)
}

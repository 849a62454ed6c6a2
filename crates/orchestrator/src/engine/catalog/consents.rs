//! What the SSH config may have run here, and the routes that follow from it.

use crate::{
    engine::{Engine, EngineError},
    settings::AllowedCommands,
    ssh::{Purpose, Refusal, Route},
};

impl Engine {
    /// Allows a command of the SSH config to run here, or no longer; whether that changed anything.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn allow_command(&self, command: &str, allowed: bool) -> Result<bool, EngineError> {
        let config = &self.folders().config;
        Ok(AllowedCommands::set(config, command, allowed)?)
    }

    /// The commands of the SSH config that may run here.
    #[must_use]
    pub fn allowed_commands(&self) -> AllowedCommands {
        AllowedCommands::read(&self.folders().config).0
    }

    /// How each of these hosts is reached for a command. It may block: names are looked up, allowed commands run.
    ///
    /// # Errors
    /// Why one of them is not.
    pub(in crate::engine) fn routes(
        &self,
        hosts: &[String],
        command: &str,
    ) -> Result<Vec<Route>, EngineError> {
        let allowed = self.allowed_commands();
        let may_run = |text: &str| allowed.allows(text);
        let purpose = Purpose::new(Some(command), &may_run);
        let config = self.0.catalog.ssh();
        let routes = hosts.iter().map(|host| {
            let route = config.resolve_for(host, &purpose);
            route.map_err(|refusal| no_route(host, refusal))
        });
        routes.collect()
    }
}

/// Why a host cannot be reached, or not before a command is allowed.
fn no_route(host: &str, refusal: Refusal) -> EngineError {
    match refusal.consent {
        Some(unallowed) => EngineError::NeedsConsent {
            host: host.to_owned(),
            unallowed,
            why: refusal.why,
        },
        None => EngineError::NotFound(refusal.why),
    }
}

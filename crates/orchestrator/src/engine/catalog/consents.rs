//! The commands of the SSH config that may run here, and the routes that follow from them.

use super::Catalog;
use crate::{
    engine::EngineError,
    launch::Unreached,
    settings::AllowedCommands,
    ssh::{Purpose, Refusal, Route},
};

impl Catalog {
    /// Allows a command of the SSH config to run here, or no longer; whether that changed anything.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub async fn allow_command(&self, command: &str, allowed: bool) -> Result<bool, EngineError> {
        let command = command.to_owned();
        self.blocking(move |catalog| Ok(AllowedCommands::set(catalog.config(), &command, allowed)?))
            .await
    }

    /// The commands of the SSH config that may run here.
    ///
    /// # Errors
    /// If reading them panicked; of a file that cannot be read, the last good one counts.
    pub async fn allowed_commands(&self) -> Result<AllowedCommands, EngineError> {
        self.blocking(|catalog| Ok(AllowedCommands::read(catalog.config()).0))
            .await
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
        let allowed = AllowedCommands::read(self.config()).0;
        let may_run = |text: &str| allowed.allows(text);
        let purpose = Purpose::new(Some(command), &may_run).with_own_ssh(&may_run);
        let config = self.ssh();
        let routes = hosts.iter().map(|host| {
            let route = config.resolve_for(host, &purpose);
            route.map_err(|refusal| no_route(host, refusal))
        });
        routes.collect()
    }
}

impl Catalog {
    /// The same of each of many hosts; why there is no way to one is part of the answer.
    ///
    /// # Errors
    /// If a command has to be allowed first.
    pub(in crate::engine) fn ways(
        &self,
        hosts: &[String],
        command: &str,
    ) -> Result<Vec<Result<Route, Unreached>>, EngineError> {
        let allowed = AllowedCommands::read(self.config()).0;
        let may_run = |text: &str| allowed.allows(text);
        let purpose = Purpose::new(Some(command), &may_run).with_own_ssh(&may_run);
        let config = self.ssh();
        let way = |host: &String| match config.resolve_for(host, &purpose) {
            Ok(route) => Ok(Ok(route)),
            Err(refusal) if refusal.consent.is_some() => Err(no_route(host, refusal)),
            Err(refusal) => Ok(Err(Unreached {
                why: refusal.why,
                reason: refusal.reason.word().to_owned(),
            })),
        };
        hosts.iter().map(way).collect()
    }
}

/// Why a host cannot be reached, or not before a command is allowed.
pub(super) fn no_route(host: &str, refusal: Refusal) -> EngineError {
    match refusal.consent {
        Some(unallowed) => EngineError::NeedsConsent {
            host: host.to_owned(),
            unallowed,
            why: refusal.why,
        },
        None => EngineError::NotFound(refusal.why),
    }
}

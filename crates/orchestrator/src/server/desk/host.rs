//! Requests about hosts.

use crate::{
    engine::{Engine, EngineError, Names},
    wire::{HostRequest, Reply},
};

pub(super) async fn answer(engine: Engine, request: HostRequest) -> Result<Reply, EngineError> {
    let catalog = engine.catalog();
    let done = |()| Reply::Ok;
    Ok(match request {
        HostRequest::ChooseHosts { line } => choose(&engine, &line).await?,
        HostRequest::ProbeHosts { hosts } => {
            catalog.probe_hosts(hosts).await?;
            Reply::Ok
        }
        HostRequest::ProbeAddress { address, port } => {
            Reply::Reached(catalog.probe_address(&address, port).await?)
        }
        HostRequest::TryHost { host } => {
            super::launch::started(vec![engine.try_host(&host).await?])
        }
        HostRequest::AddHost {
            host,
            tags,
            production,
        } => done(catalog.add_host(host, tags, production).await?),
        HostRequest::EditHost { host } => done(catalog.edit_host(host).await?),
        HostRequest::RemoveHost { name } => done(catalog.remove_host(&name).await?),
        HostRequest::ImportHosts { path } => {
            if !path.starts_with('/') {
                let why = format!("read hosts from {path}: give the whole path, from / on");
                return Err(EngineError::Refused(why));
            }
            Reply::HostsImported(catalog.import_hosts(path.as_ref()).await?)
        }
        HostRequest::ImportHostsOfCommand { command } => {
            Reply::HostsImported(catalog.import_hosts_of_command(&command).await?)
        }
        HostRequest::Inclusion => Reply::Inclusion(catalog.inclusion().await?),
        HostRequest::IncludeOwnHosts => done(catalog.include_own_hosts().await?),
        HostRequest::Sets => Reply::Sets(catalog.saved_sets().await?),
        HostRequest::SaveSet { name, line } => done(catalog.save_set(name, line).await?),
        HostRequest::TagHosts { hosts, tags, given } => {
            done(catalog.tag_hosts(hosts, tags, given).await?)
        }
    })
}

async fn choose(engine: &Engine, line: &str) -> Result<Reply, EngineError> {
    let ends = |c: char| matches!(c, ',' | '&' | '!' | '(' | ')' | '/') || c.is_whitespace();
    if line.split(ends).any(|word| word == "-") {
        let why = "choose hosts: '-' is the standard input of a command line; write the names, or @file:PATH";
        return Err(EngineError::Refused(why.into()));
    }
    Ok(Reply::chosen(
        engine.choose_hosts(line, Names::Known).await?,
    ))
}

//! Which Postgres keeps the history. `VMO_DATABASE_URL` and the settings say so for us; `DATABASE_URL` is everybody's name
//! for the database of the project that one works on, and our tables come into none of those unless a person said so once.

use std::{collections::BTreeSet, env, ffi::OsString, path::Path};

use serde::{Deserialize, Serialize};

use super::Catalog;
use crate::{
    engine::{Database, EngineError},
    folders,
    json_file::{self, JsonFileError},
    settings::Settings,
    store::{Address, Store, StoreError},
    wire::{Event, SeenDatabase, TriedDatabase},
};

/// The variable that is ours alone.
const OURS: &str = "VMO_DATABASE_URL";
/// The variable that every program has.
const EVERYBODYS: &str = "DATABASE_URL";

/// Which Postgres, and the note about one that was seen and is not used.
pub(in crate::engine) struct Choice {
    pub(in crate::engine) place: Database,
    pub(in crate::engine) env_database: Option<SeenDatabase>,
}

/// What a person said of databases that `DATABASE_URL` named, each as `user@host:port/name`, or by its kind if
/// it is no Postgres.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Answers {
    used: BTreeSet<String>,
    not_used: BTreeSet<String>,
}

impl Answers {
    fn read(config: &Path) -> Self {
        json_file::read(&config.join("databases.json")).0
    }

    fn keep(config: &Path, name: &str, used: bool) -> Result<(), JsonFileError> {
        json_file::change(&config.join("databases.json"), |answers: &mut Self| {
            let (to, from) = match used {
                true => (&mut answers.used, &mut answers.not_used),
                false => (&mut answers.not_used, &mut answers.used),
            };
            let changed = to.insert(name.to_owned()) | from.remove(name);
            (changed, ())
        })
    }
}

/// What `DATABASE_URL` names.
enum Named {
    /// A Postgres.
    Postgres(Box<Address>),
    /// Something that cannot be used: what it is called in [`Answers`], and why.
    Unfit { name: String, why: String },
}

impl Named {
    fn read(schema: Option<&str>) -> Option<Self> {
        let url = match value(EVERYBODYS) {
            Ok(url) => url?,
            Err(error) => {
                let (name, why) = ("?".into(), error.to_string());
                return Some(Self::Unfit { name, why });
            }
        };
        Some(match Address::parse(&url, schema) {
            Ok(address) => Self::Postgres(Box::new(address)),
            Err(error) => {
                // What is before the first colon is no password, whatever kind of address it is.
                let kind = url.split(':').next().unwrap_or_default();
                let is_word = |word: &str| {
                    word.len() < url.len() && word.chars().all(|c| c.is_ascii_alphanumeric())
                };
                let kind = Some(kind).filter(|kind| is_word(kind) && !kind.starts_with("postgres"));
                let why = match kind {
                    Some(kind) => format!("DATABASE_URL names no Postgres ({kind})"),
                    None => format!("DATABASE_URL cannot be read: {}", error.reason()),
                };
                let name = format!("{}:", kind.unwrap_or("postgres"));
                Self::Unfit { name, why }
            }
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Postgres(address) => address.shown(),
            Self::Unfit { name, .. } => name.clone(),
        }
    }
}

/// Chooses. A database that `DATABASE_URL` names is asked whether it holds our tables, for 1.5 s at most, unless a person
/// has decided about it.
///
/// # Errors
/// If `VMO_DATABASE_URL` or the settings hold no valid address: history must not go elsewhere than a person chose.
pub(in crate::engine) async fn choose(
    settings: &Settings,
    config: &Path,
) -> Result<Choice, EngineError> {
    let schema = settings.database_schema.as_deref();
    let chosen = match ours(schema)? {
        Some(address) => Some(address),
        None => of_settings(settings)?,
    };
    if let Some(address) = chosen {
        return Ok(Choice {
            place: Database::Configured(Box::new(address)),
            env_database: None,
        });
    }
    let private = |env_database| {
        let guardian: Vec<OsString> = vec![folders::program("vmo")?.into(), "postgres".into()];
        let place = Database::Embedded { guardian };
        Ok(Choice {
            place,
            env_database,
        })
    };
    let Some(named) = Named::read(schema) else {
        return private(None);
    };
    let (answers, name) = (Answers::read(config), named.name());
    if answers.not_used.contains(&name) {
        return private(None);
    }
    match named {
        Named::Unfit { why, .. } => private(Some(env_database(&why, false))),
        Named::Postgres(address) if answers.used.contains(&name) => Ok(Choice {
            place: Database::Configured(address),
            env_database: None,
        }),
        Named::Postgres(address) => match look(&address).await {
            Ok(()) => {
                // So that it is known as ours while it is away, too.
                Answers::keep(config, &name, true)?;
                Ok(Choice {
                    place: Database::Configured(address),
                    env_database: None,
                })
            }
            Err(env_database) => private(Some(env_database)),
        },
    }
}

/// Whether a database holds our tables; if not, the note about it.
async fn look(address: &Address) -> Result<(), SeenDatabase> {
    let at = format!("DATABASE_URL names {}", address.shown());
    match Store::is_ours(address).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(env_database(
            &format!("{at}, which holds nothing of this app"),
            true,
        )),
        Err(StoreError::Refused { why, .. }) => Err(env_database(
            &format!("{at}, which cannot keep the history: {why}"),
            false,
        )),
        Err(error) => Err(env_database(
            &format!("{at}, which was asked: {}", error.reason()),
            true,
        )),
    }
}

fn env_database(why: &str, fits: bool) -> SeenDatabase {
    SeenDatabase {
        why: format!("{why}; the history goes to the private server"),
        fits,
    }
}

/// The Postgres that our own variable names, if it is set.
///
/// # Errors
/// If it is not an address; the error names the variable, never its value.
fn ours(schema: Option<&str>) -> Result<Option<Address>, EngineError> {
    let Some(url) = value(OURS)? else {
        return Ok(None);
    };
    let address = Address::parse(&url, schema);
    address
        .map(Some)
        .map_err(|error| EngineError::Refused(format!("{OURS}: {}", error.reason())))
}

/// A variable's value, if it is set and says anything.
fn value(name: &str) -> Result<Option<String>, EngineError> {
    match env::var_os(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Some(Err(_)) => Err(EngineError::Refused(format!("{name} is not UTF-8 text"))),
    }
}

/// The Postgres that the settings name, if they do.
pub(super) fn of_settings(settings: &Settings) -> Result<Option<Address>, StoreError> {
    let url = settings.database_url.as_deref();
    url.map(|url| Address::parse(url, settings.database_schema.as_deref()))
        .transpose()
}

impl Catalog {
    /// What is said of a database that `DATABASE_URL` names and that is not used; none if there is none, or a person
    /// has decided about it.
    #[must_use]
    pub fn seen_database(&self) -> Option<SeenDatabase> {
        self.0.seen_database.lock().clone()
    }

    /// Asks a Postgres whether it can keep the history; nothing is changed.
    ///
    /// # Errors
    /// If the address cannot be read, or the server does not answer or refuses.
    pub async fn try_database(
        &self,
        url: &str,
        schema: Option<&str>,
    ) -> Result<TriedDatabase, EngineError> {
        let address = Address::parse(url.trim(), schema)?;
        let ours = Store::is_ours(&address).await?;
        Ok(TriedDatabase {
            at: address.shown(),
            ours,
        })
    }

    /// Remembers whether the database that `DATABASE_URL` names keeps the history, from the next start on. Gives its name.
    ///
    /// # Errors
    /// If it names none that can be used, or what was said cannot be kept.
    pub async fn use_database(&self, used: bool) -> Result<String, EngineError> {
        let schema = self.settings().database_schema;
        let named = Named::read(schema.as_deref()).ok_or_else(|| {
            EngineError::NotFound(
                "DATABASE_URL is not set, and `vmo db use` is about the database that it names; \
                 one in VMO_DATABASE_URL or the settings is used without this"
                    .into(),
            )
        })?;
        let name = named.name();
        if used {
            match &named {
                Named::Unfit { why, .. } => return Err(EngineError::Refused(why.clone())),
                Named::Postgres(address) => {
                    Store::is_ours(address).await?;
                }
            }
        }
        self.blocking(move |catalog| {
            Answers::keep(catalog.config(), &name, used)?;
            *catalog.0.seen_database.lock() = None;
            catalog.0.events.report(Event::SeenDatabase { seen: None });
            Ok(name)
        })
        .await
    }
}

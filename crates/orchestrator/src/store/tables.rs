//! Where our tables are. Every statement names them with their schema, so that no session depends on a search path:
//! behind a pooler a session is somebody else's the next moment.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

/// The placeholder for the schema in our statements.
const OURS: &str = "ours.";

/// The schema our tables are in. Clones share its name.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    quoted: Arc<str>,
}

impl Tables {
    /// Those in the schema of this name, as it is written without quotes.
    pub(super) fn of(schema: &str) -> Self {
        let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
        Self {
            quoted: quoted.into(),
        }
    }

    /// The schema's name, as SQL has it.
    pub(super) fn schema(&self) -> &str {
        &self.quoted
    }

    /// The text of a statement that calls our tables `ours.jobs`, `ours.job_logs`, and so on.
    pub(super) fn text(&self, statement: &'static str) -> String {
        statement.replace(OURS, &format!("{}.", self.quoted))
    }

    /// The same, to be run. Only the schema's quoted name is put in, so it is as safe as what is written here.
    pub(super) fn sql(&self, statement: &'static str) -> AssertSqlSafe<String> {
        AssertSqlSafe(self.text(statement))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn a_schema_is_quoted_whatever_its_name_is() {
        let tables = Tables::of("Our \"own\"; drop");
        assert_eq!(
            tables.text("select id from ours.jobs where true"),
            "select id from \"Our \"\"own\"\"; drop\".jobs where true"
        );
    }

    /// A table without its schema is looked for where the role's own search path says.
    #[test]
    fn every_statement_names_its_tables_with_their_schema() {
        let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let tables = [
            "jobs",
            "job_logs",
            "job_notes",
            "job_owners",
            "job_batches",
            "log_index",
            "log_index_late",
            "log_index_units",
            "log_index_segments",
        ];
        let before = ["from ", "into ", "update ", "join ", "delete "];
        let mut count = 0;
        for file in fs::read_dir(store).unwrap().flatten() {
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                count += line.matches(&format!("{OURS}job")).count();
                for (word, table) in before.iter().flat_map(|word| tables.map(|it| (word, it))) {
                    let bare = format!("{word}{table}");
                    let ends = |at: usize| {
                        let next = line[at + bare.len()..].chars().next();
                        next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
                    };
                    let bare = line.match_indices(&bare).any(|(at, _)| ends(at));
                    assert!(!bare, "{}: {line}", file.path().display());
                }
            }
        }
        assert!(count > 20, "{count}");
    }
}

//! The statements that make roles for a team: who looks and changes nothing, and who writes rows of their own alone. They are
//! printed for an administrator, and never run by us.

use super::Store;

const ROLES: &str = include_str!("roles.sql");

impl Store {
    /// The statements, for the schema that the tables are in.
    #[must_use]
    pub fn roles(&self) -> String {
        let text = self.tables.text(ROLES);
        text.replace("schema ours ", &format!("schema {} ", self.tables.schema()))
    }
}

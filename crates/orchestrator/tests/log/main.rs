//! Logs as they are read: their lines, and finding in them.

mod find;
mod lines;

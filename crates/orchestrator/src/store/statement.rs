//! A statement of a person's own, and its answer as text: for `vmo db` where there is no psql.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Column, Either, Row, ValueRef};

use super::{Result, Store};

/// What a statement answered.
#[derive(Debug, Default)]
pub struct Answer {
    /// The names of its columns; none if it has no rows.
    pub columns: Vec<String>,
    /// Its rows, each value as the server writes it; none for null.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows it gave or changed.
    pub affected: u64,
}

impl Store {
    /// Runs a person's own statements, once, and gives the answer to the last.
    ///
    /// # Errors
    /// Any error of the server; what a column's value is, if it is no text.
    pub async fn run_statement(&self, sql: &str) -> Result<Answer> {
        self.with(async |connection| {
            let mut answer = Answer::default();
            let mut is_over = false;
            let mut parts = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_many(connection);
            while let Some(part) = parts.try_next().await? {
                if is_over {
                    answer = Answer::default();
                }
                is_over = part.is_left();
                match part {
                    Either::Left(done) => answer.affected = done.rows_affected(),
                    Either::Right(row) => {
                        let columns = row.columns().iter();
                        answer.columns = columns.map(|one| one.name().to_owned()).collect();
                        let values = (0..row.len()).map(|at| {
                            let value = row.try_get_raw(at)?;
                            let text =
                                (!value.is_null()).then(|| value.as_str().map(str::to_owned));
                            text.transpose().map_err(sqlx::Error::Decode)
                        });
                        answer.rows.push(values.collect::<sqlx::Result<_>>()?);
                    }
                }
            }
            Ok(answer)
        })
        .await
    }
}

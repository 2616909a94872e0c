//! Proving invariants: each is a query whose rows are the places where it is broken.

use crate::base::Fault;

use super::Read;

/// What became of one invariant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Such as `I1`.
    pub id: &'static str,
    /// What must hold, in words.
    pub says: &'static str,
    /// Rows that break it, in words; empty when all is well.
    pub broken: Vec<String>,
}

impl Finding {
    /// Runs the query of one invariant; every row it gives is one sentence about one break.
    ///
    /// # Errors
    /// When the database fails.
    pub fn check(
        read: &Read,
        id: &'static str,
        says: &'static str,
        sql: &str,
    ) -> Result<Self, Fault> {
        let mut statement = read.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(Self { id, says, broken: rows.collect::<Result<_, _>>()? })
    }
}

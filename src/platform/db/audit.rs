//! Proving invariants: each is a query whose rows are the places where it is broken.

use crate::base::{Fault, Instant};

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

/// A proof of all invariants at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// When.
    pub at: Instant,
    /// Those that are broken, such as `I1, I3`; empty when all hold.
    pub broken: String,
}

impl Proved {
    /// What was found at this moment.
    #[must_use]
    pub fn of(findings: &[Finding], at: Instant) -> Self {
        let broken = findings.iter().filter(|finding| !finding.broken.is_empty());
        let broken = broken.map(|finding| finding.id).collect::<Vec<_>>().join(", ");
        Self { at, broken }
    }
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

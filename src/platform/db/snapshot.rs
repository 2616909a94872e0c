//! A copy of the running database, and the proof that a copy is whole.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{Db, Read, migrate, open};
use crate::base::Fault;
use crate::base::fault::Doing;

/// Pages copied between two looks at whether it can go on; 16 MiB.
const STEP_PAGES: std::ffi::c_int = 4096;

impl Db {
    /// Copies the database as it is at this moment into the file `to`, which must be new or empty.
    /// Writes go on meanwhile and are not in the copy.
    ///
    /// # Errors
    /// When the database cannot be read or the file cannot be written.
    pub fn snapshot(&self, to: &Path) -> Result<(), Fault> {
        copy(self.path(), to).doing("copying the database")
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Fault> {
    let mut source = open::copying(from)?;
    open::reading(&mut source)?;
    // One view for the whole copy: without it, each commit would make the copy begin anew.
    let view = source.unchecked_transaction()?;
    view.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    let mut target = open::copying(to)?;
    let backup = Backup::new(&view, &mut target)?;
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(Fault::busy("another program holds a lock on the database")),
        }
    }
}

/// A copy of a database that nobody else uses, proved to be whole.
pub struct DbCopy(Connection);

impl DbCopy {
    /// Opens the file, checks every page, index and reference of it, and brings it up to date when
    /// an older program wrote it.
    ///
    /// # Errors
    /// When it is damaged, is no database of a shop, or a newer program wrote it.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let mut copy = open::copying(path)?;
        copy.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
        migrate::refuse_foreign(&copy)?;
        let version: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            return Err(Fault::new("the database holds no shop"));
        }
        // What was written beside the log stands alone from here on.
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        let word: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if word != "ok" {
            let words: Vec<&str> = word.split_whitespace().collect();
            return Err(Fault::new(format!("the database is damaged: {}", words.join(" "))));
        }
        let mut statement = copy.prepare("SELECT \"table\" FROM pragma_foreign_key_check")?;
        if let Some(row) = statement.query([])?.next()? {
            let table: String = row.get(0)?;
            return Err(Fault::new(format!("`{table}` names a row that is not there")));
        }
        drop(statement);
        copy.execute_batch("PRAGMA foreign_keys = ON;")?;
        migrate::bring_up_to_date(&mut copy)?;
        Ok(Self(copy))
    }

    /// The copy, to be asked.
    #[must_use]
    pub fn read(&self) -> &Read {
        &self.0
    }
}

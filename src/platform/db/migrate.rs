//! Making a fresh database from `schema.sql` and bringing an older one up to date.

use rusqlite::{Connection, TransactionBehavior};

use crate::base::Fault;
use crate::base::fault::Doing;

/// The whole database as a fresh shop has it.
pub const SCHEMA: &str = include_str!("../../../schema.sql");

/// The version of [`SCHEMA`], kept in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 1;

/// Marks the file as Kiosk's (`PRAGMA application_id`): "KIOS".
const APPLICATION_ID: i64 = 0x4B49_4F53;

/// What turns version *n* into *n + 1*, the first entry turning 1 into 2.
/// The first release has no step yet.
const STEPS: &[&str] = &[];

/// Refuses a database that is newer than this program, or somebody else's. Only reads.
pub(super) fn refuse_foreign(connection: &Connection) -> Result<(), Fault> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    if version > SCHEMA_VERSION {
        return Err(Fault::new(format!(
            "this database is from a newer Kiosk (schema {version}, this program knows \
             {SCHEMA_VERSION}); start the newer program"
        )));
    }
    let sql = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(Fault::new("the database file belongs to another program"));
    }
    Ok(())
}

/// Makes or upgrades the database in one transaction.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), Fault> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again: another process may have been first.
    let version: i64 = tx.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    if version == 0 {
        tx.execute_batch(SCHEMA).doing("making the database")?;
    } else {
        let first = usize::try_from(version - 1).unwrap_or(0);
        for step in STEPS.iter().skip(first) {
            tx.execute_batch(step).doing("upgrading the database")?;
        }
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    tx.commit()?;
    Ok(())
}

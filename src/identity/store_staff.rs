//! All SQL about people who run the shop, their sessions, their keys and the log of changes.

use rusqlite::{OptionalExtension, Row, ToSql, params, params_from_iter};

use super::model::{Credentials, Noted, Person, SignedIn, Staff};
use super::right::Role;
use crate::base::ids::StaffId;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// People, and kinds of things, that the log is filtered by.
const WORDS_MAX: usize = 200;

fn role(word: &str) -> Role {
    // The column allows no other word; the least is the safe reading of one.
    Role::parse(word).unwrap_or(Role::Catalog)
}

fn person(row: &Row) -> rusqlite::Result<Person> {
    Ok(Person {
        id: StaffId::from_stored(row.get::<_, String>(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        role: role(&row.get::<_, String>(3)?),
        is_active: row.get(4)?,
        has_password: row.get(5)?,
        has_second_factor: row.get(6)?,
        signed_in_at: row.get::<_, Option<i64>>(7)?.map(Instant),
    })
}

pub(super) fn list(read: &Read) -> Result<Vec<Person>, Fault> {
    let sql = "SELECT id, email, name, role, is_active, password IS NOT NULL,
                      totp_seed IS NOT NULL, signed_in_at
               FROM staff ORDER BY email_folded LIMIT 500";
    let mut statement = read.prepare_cached(sql)?;
    Ok(statement.query_map([], person)?.collect::<Result<_, _>>()?)
}

pub(super) fn find(read: &Read, id: &StaffId) -> Result<Option<Person>, Fault> {
    let sql = "SELECT id, email, name, role, is_active, password IS NOT NULL,
                      totp_seed IS NOT NULL, signed_in_at
               FROM staff WHERE id = ?1";
    Ok(read.prepare_cached(sql)?.query_row([id.as_str()], person).optional()?)
}

pub(super) fn find_id(read: &Read, email_folded: &str) -> Result<Option<StaffId>, Fault> {
    let sql = "SELECT id FROM staff WHERE email_folded = ?1";
    let id = |row: &Row| row.get::<_, String>(0);
    let found = read.prepare_cached(sql)?.query_row([email_folded], id).optional()?;
    Ok(found.map(StaffId::from_stored))
}

pub(super) fn credentials(read: &Read, id: &StaffId) -> Result<Option<Credentials>, Fault> {
    let sql = "SELECT id, password, totp_seed, totp_step, is_active FROM staff WHERE id = ?1";
    let found = |row: &Row| {
        Ok(Credentials {
            id: StaffId::from_stored(row.get::<_, String>(0)?),
            password: row.get(1)?,
            totp_seed: row.get(2)?,
            totp_step: row.get(3)?,
            is_active: row.get(4)?,
        })
    };
    Ok(read.prepare_cached(sql)?.query_row([id.as_str()], found).optional()?)
}

pub(super) fn insert(
    tx: &Tx,
    (id, role): (&StaffId, Role),
    (email, folded, name): (&str, &str, &str),
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO staff (id, email, email_folded, name, role, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![id.as_str(), email, folded, name, role.word(), now.0])?;
    Ok(())
}

pub(super) fn set_password(tx: &Tx, id: &StaffId, hash: Option<&str>) -> Result<(), Fault> {
    let sql = "UPDATE staff SET password = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), hash])?;
    Ok(())
}

pub(super) fn set_second_factor(
    tx: &Tx,
    id: &StaffId,
    seed: Option<&str>,
    step: i64,
) -> Result<(), Fault> {
    let sql = "UPDATE staff SET totp_seed = ?2, totp_step = ?3 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), seed, step])?;
    Ok(())
}

/// Uses a step up; false when somebody else has used it meanwhile.
pub(super) fn use_step(tx: &Tx, id: &StaffId, step: i64) -> Result<bool, Fault> {
    let sql = "UPDATE staff SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2";
    Ok(tx.prepare_cached(sql)?.execute(params![id.as_str(), step])? == 1)
}

pub(super) fn set_signed_in(tx: &Tx, id: &StaffId, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE staff SET signed_in_at = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0])?;
    Ok(())
}

pub(super) fn set_role(tx: &Tx, id: &StaffId, role: Role) -> Result<(), Fault> {
    let sql = "UPDATE staff SET role = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), role.word()])?;
    Ok(())
}

pub(super) fn set_active(tx: &Tx, id: &StaffId, active: bool) -> Result<(), Fault> {
    let sql = "UPDATE staff SET is_active = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), active])?;
    Ok(())
}

pub(super) fn insert_key(
    tx: &Tx,
    (kind, hash): (&str, &str),
    id: &StaffId,
    (now, expires): (Instant, Option<Instant>),
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO staff_key (key_hash, kind, staff_id, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![hash, kind, id.as_str(), now.0, expires.map(|e| e.0)])?;
    Ok(())
}

/// Whose invitation it is, while it lasts.
pub(super) fn invited(read: &Read, hash: &str, now: Instant) -> Result<Option<StaffId>, Fault> {
    let sql = "SELECT staff_id FROM staff_key
               WHERE key_hash = ?1 AND kind = 'invitation' AND expires_at > ?2";
    let id = |row: &Row| row.get::<_, String>(0);
    let found = read.prepare_cached(sql)?.query_row(params![hash, now.0], id).optional()?;
    Ok(found.map(StaffId::from_stored))
}

/// Uses a recovery code up; false when there is none such.
pub(super) fn use_recovery(tx: &Tx, id: &StaffId, hash: &str) -> Result<bool, Fault> {
    let sql = "DELETE FROM staff_key WHERE key_hash = ?1 AND staff_id = ?2 AND kind = 'recovery'";
    Ok(tx.prepare_cached(sql)?.execute(params![hash, id.as_str()])? == 1)
}

/// Whether a recovery code is there to be used.
pub(super) fn has_recovery(read: &Read, id: &StaffId, hash: &str) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM staff_key
               WHERE key_hash = ?1 AND staff_id = ?2 AND kind = 'recovery')";
    Ok(read.prepare_cached(sql)?.query_row(params![hash, id.as_str()], |row| row.get(0))?)
}

pub(super) fn count_keys(read: &Read, id: &StaffId, kind: &str) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM staff_key WHERE staff_id = ?1 AND kind = ?2";
    Ok(read.prepare_cached(sql)?.query_row(params![id.as_str(), kind], |row| row.get(0))?)
}

pub(super) fn delete_keys(tx: &Tx, id: &StaffId, kind: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM staff_key WHERE staff_id = ?1 AND kind = ?2";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), kind])?;
    Ok(())
}

pub(super) fn insert_session(
    tx: &Tx,
    (hash, id): (&str, &StaffId),
    (device, network): (&str, &str),
    (now, expires): (Instant, Instant),
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO session
           (token_hash, kind, subject, device, network, created_at, last_seen_at, expires_at)
         VALUES (?1, 'staff', ?2, ?3, ?4, ?5, ?5, ?6)",
    )?
    .execute(params![hash, id.as_str(), device, network, now.0, expires.0])?;
    Ok(())
}

/// Whose session it is and when it was last seen, while it lasts and its person may sign in.
pub(super) fn signed_in(
    read: &Read,
    hash: &str,
    network: &str,
    now: Instant,
) -> Result<Option<(Staff, Instant)>, Fault> {
    let sql = "SELECT t.id, t.email, t.name, t.role, t.totp_seed IS NOT NULL, s.last_seen_at
               FROM session s JOIN staff t ON t.id = s.subject
               WHERE s.token_hash = ?1 AND s.kind = 'staff' AND s.expires_at > ?2
                 AND t.is_active = 1";
    let found = |row: &Row| {
        let staff = Staff {
            id: StaffId::from_stored(row.get::<_, String>(0)?),
            email: row.get(1)?,
            name: row.get(2)?,
            role: role(&row.get::<_, String>(3)?),
            has_second_factor: row.get(4)?,
            session: hash.to_owned(),
            network: network.to_owned(),
        };
        Ok((staff, Instant(row.get(5)?)))
    };
    Ok(read.prepare_cached(sql)?.query_row(params![hash, now.0], found).optional()?)
}

pub(super) fn list_sessions(
    read: &Read,
    id: &StaffId,
    now: Instant,
) -> Result<Vec<SignedIn>, Fault> {
    let sql = "SELECT token_hash, device, network, created_at, last_seen_at FROM session
               WHERE subject = ?1 AND expires_at > ?2 LIMIT 100";
    let found = |row: &Row| {
        Ok(SignedIn {
            hash: row.get(0)?,
            device: row.get(1)?,
            network: row.get(2)?,
            created_at: Instant(row.get(3)?),
            last_seen_at: Instant(row.get(4)?),
        })
    };
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![id.as_str(), now.0], found)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn set_last_seen(tx: &Tx, hash: &str, at: Instant) -> Result<(), Fault> {
    let sql = "UPDATE session SET last_seen_at = ?2
               WHERE token_hash = ?1 AND kind = 'staff' AND last_seen_at < ?2";
    tx.prepare_cached(sql)?.execute(params![hash, at.0])?;
    Ok(())
}

pub(super) fn delete_session(tx: &Tx, hash: &str, id: &StaffId) -> Result<bool, Fault> {
    let sql = "DELETE FROM session WHERE token_hash = ?1 AND subject = ?2";
    Ok(tx.prepare_cached(sql)?.execute(params![hash, id.as_str()])? == 1)
}

/// Ends every session of a person but the one they keep.
pub(super) fn delete_sessions(tx: &Tx, id: &StaffId, but: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM session WHERE subject = ?1 AND token_hash <> ?2";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), but])?;
    Ok(())
}

pub(super) fn insert_audit(
    tx: &Tx,
    (actor, network): (&str, &str),
    (action, entity, entity_id): (&str, &str, &str),
    (before, after): (&str, &str),
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO audit (at, actor, network, action, entity, entity_id, before, after)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![now.0, actor, network, action, entity, entity_id, before, after])?;
    Ok(())
}

fn noted(row: &Row) -> rusqlite::Result<Noted> {
    Ok(Noted {
        id: row.get(0)?,
        at: Instant(row.get(1)?),
        actor: row.get(2)?,
        network: row.get(3)?,
        action: row.get(4)?,
        entity: row.get(5)?,
        entity_id: row.get(6)?,
        before: row.get(7)?,
        after: row.get(8)?,
    })
}

/// Lines of the log before `before`, newest first; of one person, of one kind of thing, or both.
/// Empty means all.
pub(super) fn list_audit(
    read: &Read,
    (actor, entity): (&str, &str),
    before: i64,
    limit: u32,
) -> Result<Vec<Noted>, Fault> {
    let page: [&dyn ToSql; 2] = [&before, &limit];
    let (sql, asked): (_, &[&dyn ToSql]) = match (actor, entity) {
        ("", "") => (
            "SELECT id, at, actor, network, action, entity, entity_id, before, after FROM audit
             WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            &[],
        ),
        ("", _) => (
            "SELECT id, at, actor, network, action, entity, entity_id, before, after
             FROM audit INDEXED BY audit_kind
             WHERE entity = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2",
            &[&entity],
        ),
        (_, "") => (
            "SELECT id, at, actor, network, action, entity, entity_id, before, after
             FROM audit INDEXED BY audit_actor
             WHERE actor = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2",
            &[&actor],
        ),
        _ => (
            "SELECT id, at, actor, network, action, entity, entity_id, before, after
             FROM audit INDEXED BY audit_actor
             WHERE actor = ?3 AND entity = ?4 AND id < ?1 ORDER BY id DESC LIMIT ?2",
            &[&actor, &entity],
        ),
    };
    let mut statement = read.prepare_cached(sql)?;
    let given = params_from_iter(page.into_iter().chain(asked.iter().copied()));
    Ok(statement.query_map(given, noted)?.collect::<Result<_, _>>()?)
}

/// Everybody who stands in the log, and every kind of thing; each by one step of an index.
pub(super) fn list_audit_words(read: &Read) -> Result<(Vec<String>, Vec<String>), Fault> {
    let all = |sql: &str| {
        let (mut statement, mut found) = (read.prepare_cached(sql)?, Vec::<String>::new());
        while found.len() < WORDS_MAX {
            let last = found.last().map_or("", String::as_str);
            let next: Option<String> = statement.query_row([last], |row| row.get(0))?;
            let Some(next) = next else { break };
            found.push(next);
        }
        Ok::<_, Fault>(found)
    };
    Ok((
        all("SELECT min(actor) FROM audit WHERE actor > ?1")?,
        all("SELECT min(entity) FROM audit WHERE entity > ?1")?,
    ))
}

/// Lines of the log about one thing, newest first.
pub(super) fn list_audit_of(read: &Read, entity: &str, id: &str) -> Result<Vec<Noted>, Fault> {
    let sql = "SELECT id, at, actor, network, action, entity, entity_id, before, after FROM audit
               WHERE entity = ?1 AND entity_id = ?2 ORDER BY id DESC LIMIT 200";
    let mut statement = read.prepare_cached(sql)?;
    Ok(statement.query_map(params![entity, id], noted)?.collect::<Result<_, _>>()?)
}

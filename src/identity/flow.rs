//! What happens when people of the shop come, go and change, in order, inside one transaction.

use serde_json::{Value, json};

use super::model::{Credentials, Person, Refusal, Staff};
use super::right::Role;
use super::{second_factor, store_staff as store};
use crate::base::email_address::EmailAddress;
use crate::base::ids::{StaffId, Token};
use crate::base::{Failure, Fault, Instant, Randomness, refuse};
use crate::platform::db::{Read, Tx};
use crate::platform::secret::Secret;

/// How long an invitation can be followed, in seconds.
pub(super) const INVITATION_S: i64 = 3 * 86_400;
/// How long somebody stays signed in at most, in seconds.
pub(super) const SIGNED_IN_S: i64 = 12 * 3600;
/// Longest name of a person, in characters.
const NAME_MAX: usize = 80;

type Outcome<T = ()> = Result<T, Failure<Refusal>>;

/// Where somebody signs in from.
#[derive(Clone, Debug)]
pub(super) struct From {
    pub(super) device: String,
    pub(super) network: String,
}

/// Writes a line into the log of changes, in the transaction of the change itself.
///
/// # Errors
/// When the database fails.
pub fn note(
    tx: &Tx,
    staff: &Staff,
    action: &str,
    (entity, id): (&str, &str),
    (before, after): (&Value, &Value),
    now: Instant,
) -> Result<(), Fault> {
    let by = (staff.actor(), staff.network.as_str());
    let texts = (before.to_string(), after.to_string());
    store::insert_audit(tx, (&by.0, by.1), (action, entity, id), (&texts.0, &texts.1), now)
}

/// Who did what was typed on the command line, as timelines, ledgers and the log of changes say:
/// whoever may run it holds the whole shop in their hands, and has not signed in.
pub const COMMAND_LINE: &str = "command line";

/// The same for what was done there.
///
/// # Errors
/// When the database fails.
pub fn note_typed(
    tx: &Tx,
    action: &str,
    about: (&str, &str),
    (before, after): (&Value, &Value),
    now: Instant,
) -> Result<(), Fault> {
    let texts = (before.to_string(), after.to_string());
    let what = (action, about.0, about.1);
    store::insert_audit(tx, (COMMAND_LINE, ""), what, (&texts.0, &texts.1), now)
}

/// The same about a person of the shop, by whomever.
fn note_as(
    tx: &Tx,
    by: (&str, &str),
    action: &str,
    id: &StaffId,
    (before, after): (&Value, &Value),
    now: Instant,
) -> Result<(), Fault> {
    let texts = (before.to_string(), after.to_string());
    store::insert_audit(tx, by, (action, "staff", id.as_str()), (&texts.0, &texts.1), now)
}

/// A person as the log of changes tells of them: what they may, and what guards it; no secret.
fn standing(read: &Read, id: &StaffId, now: Instant) -> Result<Value, Fault> {
    let Some(person) = store::find(read, id)? else { return Ok(Value::Null) };
    Ok(json!({
        "email": person.email, "role": person.role, "active": person.is_active,
        "has_password": person.has_password, "second_factor": person.has_second_factor,
        "recovery_codes": store::count_keys(read, id, "recovery")?,
        "sessions": store::list_sessions(read, id, now)?.len(),
    }))
}

fn actor_of(tx: &Tx, id: &StaffId) -> Result<String, Fault> {
    let person = store::find(tx, id)?;
    Ok(person.map_or_else(|| format!("staff:{id}"), |person| format!("staff:{}", person.email)))
}

/// Lets somebody in whose password was right: uses their code up and opens a session. Answers the
/// token their browser must hold.
///
/// # Errors
/// When the code is wrong or was used, or the person may not sign in.
pub(super) fn sign_in(
    tx: &Tx,
    secret: &Secret,
    (id, code): (&StaffId, &str),
    from: &From,
    random: &Randomness,
    now: Instant,
) -> Outcome<Token> {
    let Some(known) = store::credentials(tx, id)?.filter(|known| known.is_active) else {
        return refuse(Refusal::NotSignedIn);
    };
    if !passes(tx, secret, &known, code, now)? {
        return refuse(Refusal::NotSignedIn);
    }
    let token = Token::new(random);
    let sees = (from.device.as_str(), from.network.as_str());
    store::insert_session(tx, (&token.hash(), id), sees, (now, now.plus_s(SIGNED_IN_S)))?;
    store::set_signed_in(tx, id, now)?;
    let by = (actor_of(tx, id)?, from.network.as_str());
    let came = json!({ "device": from.device });
    note_as(tx, (&by.0, by.1), "staff.sign_in", id, (&Value::Null, &came), now)?;
    Ok(token)
}

/// Whether somebody with the right password would be let in with this code, which stays unused.
///
/// # Errors
/// When the database fails.
pub(super) fn would_pass(
    read: &Read,
    secret: &Secret,
    (id, code): (&StaffId, &str),
    now: Instant,
) -> Result<bool, Fault> {
    let Some(known) = store::credentials(read, id)?.filter(|known| known.is_active) else {
        return Ok(false);
    };
    let Some(seed) = &known.totp_seed else { return Ok(true) };
    let step = second_factor::step_of(secret, (id, seed, known.totp_step), code, now);
    let hash = second_factor::recovery_hash(id, code);
    Ok(step.is_some() || store::has_recovery(read, id, &hash)?)
}

/// Whether the second factor lets them pass; uses the code up.
fn passes(
    tx: &Tx,
    secret: &Secret,
    known: &Credentials,
    code: &str,
    now: Instant,
) -> Result<bool, Fault> {
    let Some(seed) = &known.totp_seed else { return Ok(true) };
    match second_factor::step_of(secret, (&known.id, seed, known.totp_step), code, now) {
        Some(step) => store::use_step(tx, &known.id, step),
        None => {
            let hash = second_factor::recovery_hash(&known.id, code);
            store::use_recovery(tx, &known.id, &hash)
        }
    }
}

/// Notes that somebody knew the address of a person but not their password or code.
///
/// # Errors
/// When the database fails.
pub(super) fn note_refused(
    tx: &Tx,
    id: &StaffId,
    network: &str,
    now: Instant,
) -> Result<(), Fault> {
    let nothing = (&Value::Null, &Value::Null);
    note_as(tx, ("somebody", network), "staff.sign_in_refused", id, nothing, now)
}

/// Adds a person and answers the token of their invitation.
///
/// # Errors
/// When the address is none or taken, or the name is missing.
pub fn add(
    tx: &Tx,
    (email, name, role): (&str, &str, Role),
    by: (&str, &str),
    random: &Randomness,
    now: Instant,
) -> Outcome<(StaffId, Token)> {
    let Some(email) = EmailAddress::parse(email) else {
        return refuse(Refusal::Unreadable("An e-mail address"));
    };
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return refuse(Refusal::Unreadable("A name of at most 80 characters"));
    }
    if store::find_id(tx, &email.folded())?.is_some() {
        return refuse(Refusal::Taken(email.as_str().to_owned()));
    }
    let id = StaffId::new(now, random);
    store::insert(tx, (&id, role), (email.as_str(), &email.folded(), name), now)?;
    let after = json!({ "email": email.as_str(), "name": name, "role": role });
    note_as(tx, by, "staff.add", &id, (&Value::Null, &after), now)?;
    let token = invite(tx, &id, random, now)?;
    Ok((id, token))
}

/// Makes a link by which the person chooses a password; older links stop working.
fn invite(tx: &Tx, id: &StaffId, random: &Randomness, now: Instant) -> Result<Token, Fault> {
    store::delete_keys(tx, id, "invitation")?;
    let token = Token::new(random);
    let until = Some(now.plus_s(INVITATION_S));
    store::insert_key(tx, ("invitation", &token.hash()), id, (now, until))?;
    Ok(token)
}

/// Takes a person's password, second factor and sessions away and answers a new invitation.
///
/// # Errors
/// When there is no such person.
pub fn reset(
    tx: &Tx,
    id: &StaffId,
    by: (&str, &str),
    random: &Randomness,
    now: Instant,
) -> Outcome<Token> {
    must_find(tx, id)?;
    let before = standing(tx, id, now)?;
    store::set_password(tx, id, None)?;
    store::set_second_factor(tx, id, None, 0)?;
    store::delete_keys(tx, id, "recovery")?;
    store::delete_sessions(tx, id, "")?;
    note_as(tx, by, "staff.reset", id, (&before, &standing(tx, id, now)?), now)?;
    Ok(invite(tx, id, random, now)?)
}

/// Gives a person another role. Somebody must stay owner.
///
/// # Errors
/// When there is no such person, or they are the last owner.
pub fn set_role(tx: &Tx, id: &StaffId, role: Role, by: (&str, &str), now: Instant) -> Outcome {
    let person = must_find(tx, id)?;
    if person.role == Role::Owner && role != Role::Owner {
        keep_an_owner(tx, id)?;
    }
    let before = standing(tx, id, now)?;
    store::set_role(tx, id, role)?;
    Ok(note_as(tx, by, "staff.role", id, (&before, &standing(tx, id, now)?), now)?)
}

/// Lets a person sign in or not; who may not is signed out at once.
///
/// # Errors
/// When there is no such person, or they are the last owner.
pub fn set_active(tx: &Tx, id: &StaffId, active: bool, by: (&str, &str), now: Instant) -> Outcome {
    let person = must_find(tx, id)?;
    let before = standing(tx, id, now)?;
    if !active {
        if person.role == Role::Owner {
            keep_an_owner(tx, id)?;
        }
        store::delete_sessions(tx, id, "")?;
        store::delete_keys(tx, id, "invitation")?;
    }
    store::set_active(tx, id, active)?;
    let action = if active { "staff.reactivate" } else { "staff.deactivate" };
    Ok(note_as(tx, by, action, id, (&before, &standing(tx, id, now)?), now)?)
}

/// # Errors
/// When nobody but this person could sign in as an owner.
pub(super) fn keep_an_owner(tx: &Tx, id: &StaffId) -> Outcome {
    let others = store::list(tx)?;
    let can_stay = |p: &Person| p.id != *id && p.is_active && p.has_password;
    if others.iter().any(|person| person.role == Role::Owner && can_stay(person)) {
        return Ok(());
    }
    refuse(Refusal::LastOwner)
}

fn must_find(tx: &Tx, id: &StaffId) -> Outcome<Person> {
    match store::find(tx, id)? {
        Some(person) => Ok(person),
        None => refuse(Refusal::Nobody),
    }
}

/// A password chosen by an invitation: the link is used up, older sessions end.
///
/// # Errors
/// When the link no longer works.
pub(super) fn accept(tx: &Tx, token: &Token, hash: &str, now: Instant) -> Outcome<StaffId> {
    let Some(id) = store::invited(tx, &token.hash(), now)? else {
        return refuse(Refusal::DeadLink);
    };
    let before = standing(tx, &id, now)?;
    store::delete_keys(tx, &id, "invitation")?;
    store::set_password(tx, &id, Some(hash))?;
    store::delete_sessions(tx, &id, "")?;
    let by = actor_of(tx, &id)?;
    note_password(tx, (&by, ""), &id, &before, now)?;
    Ok(id)
}

/// Another password; every other session of the person ends.
///
/// # Errors
/// When the database fails.
pub(super) fn change_password(
    tx: &Tx,
    staff: &Staff,
    hash: &str,
    now: Instant,
) -> Result<(), Fault> {
    let before = standing(tx, &staff.id, now)?;
    store::set_password(tx, &staff.id, Some(hash))?;
    store::delete_sessions(tx, &staff.id, &staff.session)?;
    note_password(tx, (&staff.actor(), &staff.network), &staff.id, &before, now)
}

fn note_password(
    tx: &Tx,
    by: (&str, &str),
    id: &StaffId,
    before: &Value,
    now: Instant,
) -> Result<(), Fault> {
    let mut after = standing(tx, id, now)?;
    after["is_new_password"] = true.into();
    note_as(tx, by, "staff.password", id, (before, &after), now)
}

/// Turns the second factor on with a code that fits; answers the recovery codes, shown once.
///
/// # Errors
/// When the code does not fit.
pub(super) fn enrol(
    tx: &Tx,
    secret: &Secret,
    staff: &Staff,
    (seed, code): (&str, &str),
    random: &Randomness,
    now: Instant,
) -> Outcome<Vec<String>> {
    let Some(step) = second_factor::step_of(secret, (&staff.id, seed, 0), code, now) else {
        return refuse(Refusal::WrongCode);
    };
    let before = standing(tx, &staff.id, now)?;
    store::set_second_factor(tx, &staff.id, Some(seed), step)?;
    let codes = codes_for(tx, staff, random, now)?;
    store::delete_sessions(tx, &staff.id, &staff.session)?;
    let states = (&before, &standing(tx, &staff.id, now)?);
    note(tx, staff, "staff.second_factor_on", ("staff", staff.id.as_str()), states, now)?;
    Ok(codes)
}

/// Fresh recovery codes; those of before open nothing any more.
fn codes_for(
    tx: &Tx,
    staff: &Staff,
    random: &Randomness,
    now: Instant,
) -> Result<Vec<String>, Fault> {
    store::delete_keys(tx, &staff.id, "recovery")?;
    let codes = second_factor::recovery_codes(random);
    for code in &codes {
        let hash = second_factor::recovery_hash(&staff.id, code);
        store::insert_key(tx, ("recovery", &hash), &staff.id, (now, None))?;
    }
    Ok(codes)
}

/// Makes new recovery codes.
///
/// # Errors
/// When the database fails.
pub(super) fn renew_codes(
    tx: &Tx,
    staff: &Staff,
    random: &Randomness,
    now: Instant,
) -> Result<Vec<String>, Fault> {
    let before = json!({ "left": store::count_keys(tx, &staff.id, "recovery")? });
    let codes = codes_for(tx, staff, random, now)?;
    let states = (&before, &json!({ "made": codes.len() }));
    note(tx, staff, "staff.recovery_codes", ("staff", staff.id.as_str()), states, now)?;
    Ok(codes)
}

/// Turns the second factor off.
///
/// # Errors
/// When the database fails.
pub(super) fn unenrol(tx: &Tx, staff: &Staff, now: Instant) -> Result<(), Fault> {
    let before = standing(tx, &staff.id, now)?;
    store::set_second_factor(tx, &staff.id, None, 0)?;
    store::delete_keys(tx, &staff.id, "recovery")?;
    let states = (&before, &standing(tx, &staff.id, now)?);
    note(tx, staff, "staff.second_factor_off", ("staff", staff.id.as_str()), states, now)
}

//! `kiosk staff`: who may come in at the desk. The first owner is made here; nobody is there by
//! default.

use std::io::Read as _;

use clap::{Subcommand, ValueEnum};

use super::{Ended, open};
use crate::base::fault::Never;
use crate::base::ids::Token;
use crate::base::{Failure, Fault, Instant, Refusal as _};
use crate::identity::{self, Person, Role};
use crate::platform::Kit;
use crate::platform::config::Settings;

/// Who did it, as the log says.
const BY: (&str, &str) = (identity::COMMAND_LINE, "");
/// Longest password read from standard input, in bytes.
const INPUT_MAX: u64 = 1024;

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Adds a person and prints the link by which they choose a password.
    Add {
        /// Their e-mail address.
        email: String,
        /// What they are called; the address's first part when not given.
        #[arg(long)]
        name: Option<String>,
        /// What they may do.
        #[arg(long, value_enum, default_value_t = Wanted::Owner)]
        role: Wanted,
        /// Reads their password from standard input instead of printing a link.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists everybody.
    List,
    /// Gives a person another role.
    Role {
        /// Their e-mail address.
        email: String,
        /// What they may do from now on.
        #[arg(value_enum)]
        role: Wanted,
    },
    /// Takes a person's password, second factor and sessions away and prints a new link: for the
    /// day somebody has lost both.
    Reset {
        /// Their e-mail address.
        email: String,
    },
    /// Lets a person in no more; what they did stays in the log.
    Deactivate {
        /// Their e-mail address.
        email: String,
    },
    /// Lets a person in again.
    Reactivate {
        /// Their e-mail address.
        email: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Wanted {
    /// Everything.
    Owner,
    /// The day's work: orders, refunds, stock, customers, letters, figures.
    Orders,
    /// The catalog, and neither orders nor customers.
    Catalog,
}

impl Wanted {
    fn role(self) -> Role {
        match self {
            Self::Owner => Role::Owner,
            Self::Orders => Role::Orders,
            Self::Catalog => Role::Catalog,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When there is no such person, or the change is not allowed.
pub(super) fn run(command: Command, settings: Settings) -> Result<Ended, Fault> {
    let kit = open(settings)?;
    match command {
        Command::Add { email, name, role, password_stdin } => {
            let first = email.split('@').next().unwrap_or_default().to_owned();
            add(&kit, &email, &name.unwrap_or(first), role.role(), password_stdin)
        }
        Command::List => list(&kit),
        Command::Role { email, role } => {
            let (person, now) = (find(&kit, &email)?, kit.now());
            told(kit.db.write_blocking(move |tx| {
                identity::set_role(tx, &person.id, role.role(), BY, now)
            }))?;
            say!("{email} is {} now.", role.role().word());
            Ok(Ended::Well)
        }
        Command::Reset { email } => {
            let (person, now, random) = (find(&kit, &email)?, kit.now(), kit.random.clone());
            let token = told(kit.db.write_blocking(move |tx| {
                identity::reset_staff(tx, &person.id, BY, &random, now)
            }))?;
            say!("{email} can no longer sign in, and is signed out everywhere.");
            print_link(&kit, &token);
            Ok(Ended::Well)
        }
        Command::Deactivate { email } => set_active(&kit, &email, false),
        Command::Reactivate { email } => set_active(&kit, &email, true),
    }
}

fn add(
    kit: &Kit,
    email: &str,
    name: &str,
    role: Role,
    password_stdin: bool,
) -> Result<Ended, Fault> {
    let (email, name, now, random) =
        (email.trim().to_owned(), name.to_owned(), kit.now(), kit.random.clone());
    let address = email.clone();
    let (_, token) = told(kit.db.write_blocking(move |tx| {
        identity::add_staff(tx, (&address, &name, role), BY, &random, now)
    }))?;
    if password_stdin {
        let mut typed = String::new();
        std::io::stdin().take(INPUT_MAX).read_to_string(&mut typed)?;
        let chosen = typed.trim_end_matches(['\r', '\n']);
        if let Err(why) = identity::choose_password(kit, &email, &token, chosen) {
            say!("{email} is here, but without a password.");
            print_link(kit, &token);
            return Err(why);
        }
        say!("{email} may sign in at {}/admin", kit.settings.public_url);
        return Ok(Ended::Well);
    }
    say!("{email} is here now, as {}.", role.word());
    print_link(kit, &token);
    Ok(Ended::Well)
}

fn print_link(kit: &Kit, token: &Token) {
    say!("Open this link within three days to choose a password; it works once:");
    say!("  {}/admin/welcome/{}", kit.settings.public_url, token.as_str());
}

fn list(kit: &Kit) -> Result<Ended, Fault> {
    let people =
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(identity::list_staff(read)?))?;
    for person in &people {
        let state = match person {
            Person { is_active: false, .. } => "may not sign in",
            Person { has_password: false, .. } => "has not chosen a password",
            Person { has_second_factor: false, .. } => "no second factor",
            _ => "second factor on",
        };
        let last = person.signed_in_at.map_or_else(|| "never".to_owned(), Instant::rfc3339);
        say!(
            "{:<32} {:<8} {:<26} last {last}  {}",
            person.email,
            person.role.word(),
            state,
            person.name
        );
    }
    if people.is_empty() {
        say!("Nobody yet. Make the first owner: kiosk staff add you@example.org");
    }
    Ok(Ended::Well)
}

fn set_active(kit: &Kit, email: &str, active: bool) -> Result<Ended, Fault> {
    let (person, now) = (find(kit, email)?, kit.now());
    told(kit.db.write_blocking(move |tx| identity::set_active(tx, &person.id, active, BY, now)))?;
    let what = if active { "may sign in again" } else { "may not sign in any more" };
    say!("{email} {what}.");
    Ok(Ended::Well)
}

fn find(kit: &Kit, email: &str) -> Result<Person, Fault> {
    let wanted = email.to_owned();
    let found = kit
        .db
        .read_blocking(move |read| Ok::<_, Failure<Never>>(identity::find_staff(read, &wanted)?))?;
    found.ok_or_else(|| Fault::new(format!("there is nobody with the address {email}")))
}

fn told<T>(done: Result<T, Failure<identity::Refusal>>) -> Result<T, Fault> {
    done.map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        Failure::Refused(refusal) => Fault::new(refusal.problem().detail),
    })
}

//! The desk's doors: who gets in, who does not, and what each role may reach.

#[path = "desk/account.rs"]
mod account;
#[path = "desk/log.rs"]
mod log;
#[path = "desk/people.rs"]
mod people;
#[path = "desk/rights.rs"]
mod rights;
#[path = "desk/sign_in.rs"]
mod sign_in;

mod house;

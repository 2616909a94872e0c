//! Values only: no files, no network, no database, no shop words.
//!
//! **Invariants.** Nothing here reads the system time or randomness except [`clock`] and
//! [`randomness`], which hand both out as values. Money is integers in minor units.

pub mod cell;
pub mod clock;
pub mod country;
pub mod currency;
pub mod differences;
pub mod email_address;
pub mod fault;
pub mod folding;
pub mod ids;
pub mod money;
pub mod problem;
pub mod randomness;
pub mod signature;
pub mod slug;

pub use clock::{Clock, Instant};
pub use currency::Currency;
pub use differences::{differences, differences_of_shared};
pub use fault::{Failure, Fault, Refusal, refuse};
pub use money::Money;
pub use problem::Problem;
pub use randomness::Randomness;

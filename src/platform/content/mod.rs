//! Reading a folder of words and settings that people write by hand.
//!
//! Nothing here knows what the files are about: [`read_tree`] walks a folder within limits,
//! [`Source`] and [`Document`] are a TOML file whose every value knows where it stands, [`Table`]
//! and [`Field`] walk it and gather *every* mistake as a [`Complaint`], and [`report`] shows the
//! complaints as lines of text, as excerpts for a terminal, or as JSON.
//!
//! **Invariants.** No input makes this module panic. A complaint points at the bytes that are
//! wrong and says what to write instead. Links never lead out of the folder.

mod changed;
mod complaint;
mod document;
mod field;
mod json;
mod place;
mod read;
pub mod report;
mod scalar;
mod secrets;
mod syntax;
mod table;
mod walk;
mod wording;

pub use complaint::{Complaint, Complaints, Place, Severity, Wrong};
pub use document::{Document, Source, locate};
pub use field::Field;
pub use read::{Body, File, Tree, read_tree};
pub use scalar::{duration_s, local_time};
pub use table::Table;
pub use walk::list_tree;

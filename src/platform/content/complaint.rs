//! What is wrong in a file, where, and what to write instead.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;

use super::place::Lines;
use super::read::Tree;

/// Whether a complaint stops the files from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The files cannot be used until this is put right.
    Error,
    /// The files can be used; somebody should look.
    Warning,
}

/// A stretch of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path inside the folder, with `/`.
    pub file: String,
    /// Bytes.
    pub span: Range<usize>,
}

impl Place {
    /// The very start of a file: for what is wrong with the file as a whole.
    #[must_use]
    pub fn start(file: impl Into<String>) -> Self {
        Self { file: file.into(), span: 0..0 }
    }
}

/// One mistake in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// Path inside the folder, with `/`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes.
    pub span: Range<usize>,
    /// Stable name of the kind of mistake; never changes its meaning.
    pub code: &'static str,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it, without a full stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Text that should stand in place of the span, when it is certain enough to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Whether it stops the files from being used.
    pub severity: Severity,
}

/// Why a value is not what it should be: a complaint that does not know its place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Stable name of the kind of mistake.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Text that should stand there instead.
    pub fix: Option<String>,
    /// Whether it stops the files from being used.
    pub severity: Severity,
}

impl Wrong {
    /// A mistake that stops the files from being used.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, hint: None, fix: None, severity: Severity::Error }
    }

    /// A mistake somebody should look at.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the text that should stand there instead.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(text.into());
        self
    }
}

/// Gathers complaints from many hands.
#[derive(Debug, Default)]
pub struct Complaints {
    // Tables inside tables all hold the same gatherer, so adding works through a shared reference.
    list: RefCell<Vec<Complaint>>,
    incomplete: Cell<bool>,
    errors: Cell<usize>,
}

impl Complaints {
    /// Most complaints kept; whoever has more has one cause, not a thousand.
    pub const KEPT_MAX: usize = 2_000;

    /// An empty gatherer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn add(&self, place: Place, wrong: Wrong) {
        if wrong.severity == Severity::Error {
            self.errors.set(self.errors.get().saturating_add(1));
        }
        let mut list = self.list.borrow_mut();
        if list.len() >= Self::KEPT_MAX {
            return;
        }
        list.push(Complaint {
            file: place.file,
            line: 1,
            column: 1,
            span: place.span,
            code: wrong.code,
            message: wrong.message,
            hint: wrong.hint,
            fix: wrong.fix,
            severity: wrong.severity,
        });
    }

    /// Remembers that some names could not be read, so that "there is no such thing" elsewhere
    /// may be untrue and is better not said.
    pub fn names_lost(&self) {
        self.incomplete.set(true);
    }

    /// Takes over what another has gathered, such as a thread of its own.
    pub fn absorb(&self, other: Self) {
        self.errors.set(self.errors.get().saturating_add(other.errors.get()));
        self.incomplete.set(self.incomplete.get() | other.incomplete.get());
        let mut list = self.list.borrow_mut();
        let room = Self::KEPT_MAX.saturating_sub(list.len());
        list.extend(other.list.into_inner().into_iter().take(room));
    }

    /// Whether every name that others may refer to could be read.
    #[must_use]
    pub fn names_complete(&self) -> bool {
        !self.incomplete.get()
    }

    /// Whether a file has an error already, so that what follows from it is better not said.
    #[must_use]
    pub fn has_errors(&self, file: &str) -> bool {
        let list = self.list.borrow();
        list.iter().any(|c| c.file == file && c.severity == Severity::Error)
    }

    /// How many errors were added so far.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors.get()
    }

    /// Everything gathered, in reading order, each with its line and column.
    #[must_use]
    pub fn finish(self, tree: &Tree) -> Vec<Complaint> {
        let mut list = self.list.into_inner();
        let mut lines: HashMap<String, Lines<'_>> = HashMap::new();
        for complaint in &mut list {
            let Some(text) = tree.text(&complaint.file) else {
                continue;
            };
            let index = lines.entry(complaint.file.clone()).or_insert_with(|| Lines::of(text));
            (complaint.line, complaint.column) = index.position(complaint.span.start);
        }
        let key = |c: &Complaint| (c.file.clone(), c.span.start, c.span.end, c.code);
        list.sort_by_cached_key(|c| (key(c), c.message.clone()));
        list.dedup_by(|a, b| key(a) == key(b) && a.message == b.message);
        list
    }
}

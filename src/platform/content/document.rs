//! A TOML file whose every value knows where it stands.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::complaint::{Complaints, Place};
use super::syntax;
use super::table::Table;

/// A TOML text whose mistakes of syntax have been told and, where possible, taken out, so that
/// everything after them can be checked, too. Positions are those of the text as written.
#[derive(Debug)]
pub struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: Cow<'a, str>,
    /// Stretches the parser could not read; whatever it guessed there is not worth a complaint.
    pub(super) broken: Vec<Range<usize>>,
    /// Keys may have been lost, so a missing one is no news.
    pub(super) lossy: bool,
    /// The tree, when there was no mistake: most files need to be parsed only once.
    root: Option<Spanned<DeTable<'a>>>,
}

impl<'a> Source<'a> {
    /// Looks for mistakes of syntax and complains about every one of them.
    #[must_use]
    pub fn new(file: &'a str, text: &'a str, complaints: &Complaints) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let root = Some(root).filter(|_| errors.is_empty());
        let (text, broken) = (Cow::Borrowed(text), Vec::new());
        let mut source = Self { file, text, broken, lossy: false, root };
        if source.root.is_none() {
            syntax::explain(&mut source, complaints);
        }
        source
    }

    /// The text as a tree of values.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        let root = match &self.root {
            Some(root) => Root::Kept(root),
            None => Root::Own(DeTable::parse_recoverable(&self.text).0),
        };
        Document { source: self, text: &self.text, root }
    }
}

/// A parsed TOML text: as much of it as could be understood.
#[derive(Debug)]
pub struct Document<'a> {
    source: &'a Source<'a>,
    pub(super) text: &'a str,
    root: Root<'a>,
}

/// A tree kept from the first look, or made after repairs.
#[derive(Debug)]
enum Root<'a> {
    Kept(&'a Spanned<DeTable<'a>>),
    Own(Spanned<DeTable<'a>>),
}

impl Document<'_> {
    /// Whether keys may have been lost to mistakes of syntax.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.source.lossy
    }

    /// The top of the file, to be walked.
    #[must_use]
    pub fn table<'t>(&'t self, complaints: &'t Complaints) -> Table<'t> {
        let root = match &self.root {
            Root::Kept(root) => root.get_ref(),
            Root::Own(root) => root.get_ref(),
        };
        Table::new(self, complaints, root, 0..0)
    }

    /// Whether the parser could not read the value standing at `span`.
    pub(super) fn is_broken(&self, span: &Range<usize>) -> bool {
        self.source.broken.iter().any(|b| b.start <= span.start && span.end <= b.end)
    }

    /// A place in this file.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        Place { file: self.source.file.to_owned(), span }
    }
}

/// The bytes of the value that a path such as `variants.2.sku` leads to, or of the deepest value
/// on the way there.
#[must_use]
pub fn locate(text: &str, path: &str) -> Range<usize> {
    let (root, _) = DeTable::parse_recoverable(text);
    let mut span = 0..0;
    let mut steps = path.split('.');
    let Some(mut value) = steps.next().and_then(|key| root.get_ref().get(key)) else {
        return span;
    };
    span = value.span();
    for step in steps {
        let next = match value.get_ref() {
            DeValue::Table(table) => table.get(step),
            DeValue::Array(array) => step.parse::<usize>().ok().and_then(|i| array.get(i)),
            _ => None,
        };
        let Some(next) = next else { break };
        (value, span) = (next, next.span());
    }
    span
}

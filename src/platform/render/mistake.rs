//! A file of the site that cannot be used: where, why, and what to do, as content files say it.

use std::fmt;
use std::ops::Range;

use minijinja::{Error, ErrorKind};

use super::Theme;
use crate::platform::content::report::{self, Excerpt};
use crate::platform::content::{Complaint, Complaints, Place, Tree, Wrong};

/// The name under which the shop's own folder is known to whoever reads about it.
pub const FOLDER: &str = "site";

/// What is wrong in files of the site.
#[derive(Clone, Debug)]
pub struct SiteMistake {
    complaints: Vec<Complaint>,
    files: Tree,
}

impl SiteMistake {
    /// What the template engine complains about. The innermost error knows the place best.
    pub(super) fn of_template(theme: &Theme, asked: &str, error: &Error) -> Self {
        let mut inner = error;
        let mut known = error.name().unwrap_or(asked);
        while let Some(next) = std::error::Error::source(inner).and_then(|s| s.downcast_ref()) {
            inner = next;
            known = inner.name().unwrap_or(known);
        }
        if let Some(line) = theme.line_without_text(known) {
            let text =
                String::from_utf8_lossy(&theme.bytes(known).unwrap_or_default()).into_owned();
            let (span, hint) = (whole_line(&text, line), "save it again as UTF-8".to_owned());
            let message = "the file is not UTF-8 text".to_owned();
            return Self::new(known, text, span, message, Some(hint));
        }
        let text = theme.text(known).unwrap_or_default();
        let line = inner.line().or_else(|| error.line()).unwrap_or(1);
        let span =
            inner.range().filter(|range| !range.is_empty() && text.get(range.clone()).is_some());
        let span = span.unwrap_or_else(|| whole_line(&text, line));
        let message = match inner.detail() {
            Some(detail) => format!("{}: {detail}", inner.kind()),
            None => inner.kind().to_string(),
        };
        Self::new(known, text, span, message, hint(theme, known, inner))
    }

    /// Words of the shop that cannot be read.
    pub(super) fn of_words(file: &str, text: String, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        Self::new(file, text, span, error.message().to_owned(), None)
    }

    /// What was gathered about several files; nothing when nothing was.
    pub(super) fn of_several(complaints: Complaints, files: Tree) -> Option<Self> {
        let complaints = complaints.finish(&files);
        (!complaints.is_empty()).then_some(Self { complaints, files })
    }

    fn new(
        file: &str,
        text: String,
        span: Range<usize>,
        message: String,
        hint: Option<String>,
    ) -> Self {
        let files = Tree::from_files([(file.to_owned(), text.into_bytes())]);
        let complaints = Complaints::new();
        let wrong = Wrong { hint, ..Wrong::error("site", message) };
        complaints.add(Place { file: file.to_owned(), span }, wrong);
        Self { complaints: complaints.finish(&files), files }
    }

    /// It as a complaint, and the file it is about. Paths begin in the folder [`FOLDER`].
    #[must_use]
    pub fn told(&self) -> (&[Complaint], &Tree) {
        (&self.complaints, &self.files)
    }

    /// The place and the line it is about.
    #[must_use]
    pub fn excerpts(&self) -> Vec<Excerpt> {
        report::excerpts(&self.complaints, &self.files, FOLDER)
    }
}

impl fmt::Display for SiteMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(report::text(&self.complaints, FOLDER).trim_end())
    }
}

impl std::error::Error for SiteMistake {}

/// A line without its indentation.
fn whole_line(text: &str, line: usize) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let words = rest.lines().next().unwrap_or_default();
    let indent = words.len() - words.trim_start().len();
    start + indent..start + words.trim_end().len().max(indent)
}

fn hint(theme: &Theme, file: &str, error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    let quoted = detail.split('"').nth(1).unwrap_or_default();
    let near = match error.kind() {
        ErrorKind::TemplateNotFound => theme.nearest(quoted),
        // The site's own complaint about `asset`.
        ErrorKind::InvalidOperation if detail.starts_with("there is no asset") => {
            let near = theme.nearest(&format!("assets/{quoted}"));
            near.and_then(|name| name.strip_prefix("assets/").map(str::to_owned))
        }
        _ => None,
    };
    if error.kind() == ErrorKind::OutOfFuel {
        return Some("a loop in it, or in what it includes, goes on for too long".to_owned());
    }
    if let Some(near) = near {
        return Some(format!("did you mean \"{near}\"?"));
    }
    if theme.is_own(file) && theme.built_in(file).is_some() {
        return Some(format!("`kiosk theme diff {file}` shows what differs from the built-in"));
    }
    (error.kind() == ErrorKind::UndefinedError)
        .then(|| "the comment at the top of the file lists what it is given".to_owned())
}

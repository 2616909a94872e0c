//! Showing complaints: lines of text, excerpts for a terminal, JSON.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use serde::Serialize;
use serde_json::{Value, json};

use super::complaint::{Complaint, Severity};
use super::read::Tree;

/// One line for each complaint: `folder/file:line:column: sentence; what to do`.
///
/// `folder` is put before each path, so that a terminal or editor can open it.
#[must_use]
pub fn text(complaints: &[Complaint], folder: &str) -> String {
    let mut out = String::new();
    for complaint in complaints {
        let path = joined(folder, &complaint.file);
        let warning = if complaint.severity == Severity::Warning { "warning: " } else { "" };
        let (line, column) = (complaint.line, complaint.column);
        let _ = write!(out, "{path}:{line}:{column}: {warning}{}", sentence(complaint));
        out.push('\n');
    }
    out
}

/// What is wrong and what to do, in one line.
#[must_use]
pub fn sentence(complaint: &Complaint) -> String {
    match &complaint.hint {
        Some(hint) => format!("{}; {hint}", complaint.message),
        None => complaint.message.clone(),
    }
}

/// Each complaint with the line it is about, underlined.
#[must_use]
pub fn terminal(complaints: &[Complaint], tree: &Tree, folder: &str, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for complaint in complaints {
        out.push_str(&excerpt(complaint, tree, folder, &renderer));
        out.push_str("\n\n");
    }
    out
}

/// One complaint as a terminal shows it, with the place to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// `folder/file:line:column`; empty when it is about no file.
    pub place: String,
    /// The line it is about, underlined, and what to do.
    pub text: String,
}

/// Each complaint by itself, in plain text.
#[must_use]
pub fn excerpts(complaints: &[Complaint], tree: &Tree, folder: &str) -> Vec<Excerpt> {
    let renderer = Renderer::plain();
    let one = |c: &Complaint| Excerpt {
        place: format!("{}:{}:{}", joined(folder, &c.file), c.line, c.column),
        text: excerpt(c, tree, folder, &renderer),
    };
    complaints.iter().map(one).collect()
}

fn excerpt(complaint: &Complaint, tree: &Tree, folder: &str, renderer: &Renderer) -> String {
    let level = match complaint.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(complaint.message.as_str()).id(complaint.code);
    let path = joined(folder, &complaint.file);
    // Terminals are logged and shared; a secret must not travel further than it has.
    let shown = |text: &&str| !text.is_empty() && complaint.code != "secret";
    let Some(source) = tree.text(&complaint.file).filter(shown) else {
        let mut group = Group::with_title(title)
            .element(Origin::path(path).line(complaint.line).char_column(complaint.column));
        if let Some(hint) = &complaint.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        return renderer.render(&[group]);
    };
    let span = first_line(source, &complaint.span);
    let snippet = Snippet::source(source).path(path.clone());
    let snippet = snippet.annotation(AnnotationKind::Primary.span(span.clone()));
    let group = title.element(snippet);
    let patch = complaint.fix.as_deref().filter(|_| span == complaint.span && !span.is_empty());
    match (&complaint.hint, patch) {
        (Some(hint), Some(fix)) => {
            let patched = Snippet::source(source).path(path).patch(Patch::new(span, fix));
            let help = Level::HELP.secondary_title(hint.as_str()).element(patched);
            renderer.render(&[group, help])
        }
        (Some(hint), None) => renderer.render(&[group.element(Level::HELP.message(hint.as_str()))]),
        (None, _) => renderer.render(&[group]),
    }
}

/// The part of a span on its first line: a value of forty lines needs no forty underlines.
fn first_line(source: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let text = source.get(span.clone()).unwrap_or("");
    let length = text.find('\n').unwrap_or(text.len());
    if source.get(span.clone()).is_none() {
        return 0..0;
    }
    span.start..span.start + length
}

/// Every complaint as an object, with counts.
#[must_use]
pub fn json(complaints: &[Complaint], folder: &str) -> Value {
    let list: Vec<Value> = complaints
        .iter()
        .map(|c| {
            let mut value = serde_json::to_value(c).unwrap_or(Value::Null);
            if let Some(object) = value.as_object_mut() {
                object.insert("path".to_owned(), json!(joined(folder, &c.file)));
                object.insert("text".to_owned(), json!(sentence(c)));
            }
            value
        })
        .collect();
    let (errors, warnings) = counts(complaints);
    json!({ "errors": errors, "warnings": warnings, "complaints": list })
}

/// How many errors and warnings there are.
#[must_use]
pub fn counts<'a>(complaints: impl IntoIterator<Item = &'a Complaint>) -> (usize, usize) {
    complaints.into_iter().fold((0, 0), |(errors, warnings), complaint| match complaint.severity {
        Severity::Error => (errors + 1, warnings),
        Severity::Warning => (errors, warnings + 1),
    })
}

/// Such as `2 errors and 1 warning`.
#[must_use]
pub fn count<'a>(complaints: impl IntoIterator<Item = &'a Complaint>) -> String {
    let (errors, warnings) = counts(complaints);
    counted(errors, warnings)
}

/// The same of numbers that include more than complaints.
#[must_use]
pub fn counted(errors: usize, warnings: usize) -> String {
    let many = |n: usize, word: &str| match n {
        1 => format!("1 {word}"),
        _ => format!("{n} {word}s"),
    };
    match (errors, warnings) {
        (0, 0) => "no mistakes".to_owned(),
        (errors, 0) => many(errors, "error"),
        (0, warnings) => many(warnings, "warning"),
        (errors, warnings) => {
            format!("{} and {}", many(errors, "error"), many(warnings, "warning"))
        }
    }
}

fn joined(folder: &str, file: &str) -> String {
    match folder.trim_end_matches('/') {
        "" => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

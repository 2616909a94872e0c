//! Mistakes of syntax: one complaint for each broken value or line, and what comes after them
//! saved from being swallowed.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::complaint::{Complaints, Place, Wrong};
use super::document::Source;
use super::place::Lines;
use super::wording::{about_line, about_value};

/// A value as written: the key it was given and where it stands.
pub(super) struct Assigned {
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) nested: bool,
}

/// Values that swallow the lines after them, taken out one by one, at most.
const REPAIRS_MAX: usize = 32;

/// Complains about every mistake of syntax, and marks in the source what cannot be trusted.
pub(super) fn explain(source: &mut Source<'_>, complaints: &Complaints) {
    for _ in 0..REPAIRS_MAX {
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        if errors.is_empty() {
            return;
        }
        let mut values = Vec::new();
        assigned(&source.text, root.get_ref(), &mut values);
        let Some((open, cut, wrong)) = swallowing(&source.text, &values, &errors) else {
            break;
        };
        complaints.add(Place { file: source.file.to_owned(), span: open..cut }, wrong);
        source.broken.push(open..cut);
        source.text = blanked(&source.text, open..cut).into();
    }
    let text = source.text.clone();
    let (root, errors) = DeTable::parse_recoverable(&text);
    let mut values = Vec::new();
    assigned(&text, root.get_ref(), &mut values);
    rest(source, &text, &values, &errors, complaints);
}

/// The same text with a plain value in place of a broken one; nothing after it moves.
fn blanked(text: &str, span: Range<usize>) -> String {
    let (before, after) = (text.get(..span.start), text.get(span.end..));
    let inner = text.get(span).unwrap_or("0").bytes().skip(1);
    let blank: String = inner.map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    // A value of several lines leaves empty lines behind, which mean nothing.
    format!("{}0{blank}{}", before.unwrap_or(""), after.unwrap_or(""))
}

/// The first list or table that is not closed where a new key or heading begins: where it starts,
/// where it should have ended, and what to say.
fn swallowing(text: &str, values: &[Assigned], errors: &[Error]) -> Option<(usize, usize, Wrong)> {
    let lines = Lines::of(text);
    let nested = values.iter().filter(|v| v.nested);
    for value in nested {
        let inside = errors.iter().filter_map(Error::span).filter(|s| holds(value, s));
        let Some(first) = inside.map(|s| s.start).min() else { continue };
        let open = value.span.start;
        let cut = open + text.get(open..first)?.trim_end().len();
        let (start, line) = (lines.position(open).0, lines.position(first).0);
        let table = text.get(open..)?.starts_with('{');
        // A table written over several lines may lack a comma; one begun on a full line is open.
        let one_line = !text.get(open..cut)?.contains('\n');
        if line <= start || !begins_anew(line_at(text, first)) || table && !one_line || cut <= open
        {
            continue;
        }
        let (what, close) = if table { ("table", '}') } else { ("list", ']') };
        let code = if table { "table-unclosed" } else { "list-unclosed" };
        let last = lines.position(cut).0;
        let key = &value.key;
        let message = format!("{key}: the {what} started here is still open at line {line}");
        let wrong = Wrong::error(code, message);
        return Some((open, cut, wrong.hint(format!("write `{close}` at the end of line {last}"))));
    }
    None
}

/// Whether a line begins with a key and `=`, or with a heading.
fn begins_anew(line: &str) -> bool {
    let line = line.trim_start();
    let key = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let length = line.bytes().take_while(|b| key(b)).count();
    let after = line.get(length..).unwrap_or("").trim_start();
    length > 0 && after.starts_with('=') || line.starts_with('[')
}

/// Everything that swallows nothing.
fn rest(
    source: &mut Source<'_>,
    text: &str,
    values: &[Assigned],
    errors: &[Error],
    complaints: &Complaints,
) {
    let lines = Lines::of(text);
    let mut inside: BTreeMap<usize, Vec<&Error>> = BTreeMap::new();
    let mut outside: BTreeMap<usize, &Error> = BTreeMap::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let holder = values.iter().position(|v| holds(v, &span) && !is_about_line(error));
        match holder {
            Some(holder) => inside.entry(holder).or_default().push(error),
            None => {
                let (line, _) = lines.position(span.start);
                outside.entry(line).or_insert(error);
            }
        }
    }
    for (holder, errors) in inside {
        let Some(value) = values.get(holder) else { continue };
        source.lossy |= errors.iter().any(|e| e.message().starts_with("unclosed"));
        source.broken.push(value.span.clone());
        let wrong = about_value(text, value, &errors, &lines);
        complaints.add(Place { file: source.file.to_owned(), span: value.span.clone() }, wrong);
    }
    for error in outside.into_values() {
        let span = snapped(text, error.span().unwrap_or(0..0));
        let about = about_line(text, error, &span, values);
        // A second value for a key, or something behind a value, costs no other key.
        source.lossy |= !matches!(about.code, "key-duplicate" | "line-rest");
        if matches!(about.code, "key-form" | "heading-unclosed") {
            source.broken.push(around(text, span.start, about.code == "heading-unclosed"));
        }
        complaints.add(Place { file: source.file.to_owned(), span }, about);
    }
}

/// The line around a position, and the next one with it where a heading runs into it.
fn around(text: &str, at: usize, and_next: bool) -> Range<usize> {
    let start = text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
    let lines = text.get(start..).unwrap_or("").split_inclusive('\n');
    let length: usize = lines.take(if and_next { 2 } else { 1 }).map(str::len).sum();
    start..start + length
}

/// Every `key = value` of the file; tables under headings are looked into, values are not.
fn assigned(text: &str, table: &DeTable<'_>, out: &mut Vec<Assigned>) {
    for (key, value) in table {
        let heading = |v: &Spanned<DeValue<'_>>| {
            let rest = text.get(v.span().start..).unwrap_or("");
            v.get_ref().is_table() && !rest.starts_with('{')
        };
        match value.get_ref() {
            DeValue::Table(inner) if heading(value) => assigned(text, inner, out),
            DeValue::Array(list) if list.iter().any(heading) => {
                for inner in list.iter().filter_map(|v| v.get_ref().as_table()) {
                    assigned(text, inner, out);
                }
            }
            found => out.push(Assigned {
                key: key.get_ref().to_string(),
                span: value.span(),
                nested: found.is_array() || found.is_table(),
            }),
        }
    }
}

fn holds(value: &Assigned, span: &Range<usize>) -> bool {
    value.span.start <= span.start && span.end <= value.span.end
}

/// Mistakes that concern the line or the heading, whatever value they stand next to.
fn is_about_line(error: &Error) -> bool {
    let message = error.message();
    message.starts_with("duplicate key") || message.starts_with("unexpected key or value")
}

/// The line around a position.
pub(super) fn line_at(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
}

/// A span that lies on character borders, whatever the parser says.
fn snapped(text: &str, span: Range<usize>) -> Range<usize> {
    let down = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    down(span.start)..down(span.end)
}

#[cfg(test)]
mod tests {
    use super::super::{Complaints, Source, Tree};

    fn told(text: &str) -> Vec<(usize, &'static str)> {
        let complaints = Complaints::new();
        let source = Source::new("a.toml", text, &complaints);
        assert_eq!(source.text.len(), text.len(), "positions stay as they are");
        let tree = Tree::from_files([("a.toml".to_owned(), text.as_bytes().to_vec())]);
        complaints.finish(&tree).iter().map(|c| (c.line, c.code)).collect()
    }

    #[test]
    fn an_open_list_swallows_nothing() {
        assert_eq!(told("a = [1\nb = 2\nc = x\n"), [(1, "list-unclosed"), (3, "text-unquoted")]);
        assert_eq!(
            told("a = [1 # why\n[b]\nc = x\n"),
            [(1, "list-unclosed"), (3, "text-unquoted")]
        );
        assert_eq!(
            told("a = { b = 1\n[c]\nd = x\n"),
            [(1, "table-unclosed"), (3, "text-unquoted")]
        );
        assert_eq!(told("a = [\n  [1, 2],\n  [3, 4],\n]\n"), []);
    }

    #[test]
    fn each_line_is_told_once() {
        assert_eq!(told("a = 1\na = 2\nb 3\n"), [(2, "key-duplicate"), (3, "value-missing")]);
        assert_eq!(told("é = \u{7}1\n").len(), 2);
        assert_eq!(told(""), []);
    }
}

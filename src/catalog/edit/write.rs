//! One value as it stands in a file: written in the manner of the one it replaces.

use std::fmt::Write as _;

use toml_edit::{Array, Datetime, Value};

use super::fields::Shape;

/// How a value is shown in a form.
pub(super) fn shown(shape: Shape, value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Array(list) => {
            let between = if shape == Shape::Lines { "\n" } else { ", " };
            let each = list.iter().map(|item| shown(shape, item));
            each.collect::<Vec<_>>().join(between)
        }
        Value::InlineTable(_) => value.to_string().trim().to_owned(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            value.to_string().trim().to_owned()
        }
    }
}

/// What somebody typed, without what means nothing: line ends of browsers, spaces around.
pub(super) fn plain(shape: Shape, text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    match shape {
        Shape::Words => text,
        Shape::List | Shape::Lines => entries(shape, &text).join("\n"),
        _ => text.trim().to_owned(),
    }
}

/// The entries of a list as somebody types it.
pub(super) fn entries(shape: Shape, text: &str) -> Vec<String> {
    let is_end = |c: char| c == '\n' || (c == ',' && shape == Shape::List);
    text.split(is_end).map(str::trim).filter(|e| !e.is_empty()).map(str::to_owned).collect()
}

/// The value for what somebody typed. What is no number or date stays text: the check of the file
/// then says what is wrong with it, in its place.
pub(super) fn write(shape: Shape, typed: &str, old: Option<&Value>) -> Value {
    let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
    let word = typed.trim();
    match shape {
        Shape::Words => words(&typed, old),
        Shape::List | Shape::Lines => Value::Array(list(&entries(shape, &typed), old)),
        Shape::Flag if matches!(word, "true" | "false") => Value::from(word == "true"),
        Shape::Whole => word.parse::<i64>().map_or_else(|_| line(word, old), Value::from),
        Shape::Decimal if is_bare_number(old) && is_number(word) => {
            word.parse().unwrap_or_else(|_| line(word, old))
        }
        Shape::Day | Shape::Moment => {
            word.parse::<Datetime>().map_or_else(|_| line(word, old), |_| bare(word, old))
        }
        _ => line(word, old),
    }
}

/// Exactly these characters as a value.
fn bare(word: &str, old: Option<&Value>) -> Value {
    word.parse().unwrap_or_else(|_| line(word, old))
}

fn is_bare_number(old: Option<&Value>) -> bool {
    matches!(old, Some(Value::Integer(_) | Value::Float(_)))
}

fn is_number(word: &str) -> bool {
    let (whole, rest) = word.split_once('.').unwrap_or((word, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let plain = whole == "0" || !whole.starts_with('0');
    digits(whole) && digits(rest) && plain
}

/// How the old value was put in quotes.
fn quotes(old: Option<&Value>) -> String {
    let written = old.filter(|value| value.is_str()).map(ToString::to_string).unwrap_or_default();
    let written = written.trim_start();
    let marks = ["\"\"\"", "'''", "'"].into_iter().find(|mark| written.starts_with(mark));
    marks.unwrap_or("\"").to_owned()
}

fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

/// Text on one line.
fn line(text: &str, old: Option<&Value>) -> Value {
    if quotes(old) == "'" && !text.contains(['\'', '\n']) && !has_control(text) {
        return parsed(&format!("'{text}'"), text);
    }
    parsed(&format!("\"{}\"", escaped(text, false)), text)
}

/// Text that may have several lines.
fn words(text: &str, old: Option<&Value>) -> Value {
    let marks = quotes(old);
    let was_long = marks.len() == 3;
    if !was_long && !text.trim_end().contains('\n') && old.is_some() {
        return line(text.trim_end(), old);
    }
    if !was_long && old.is_none() && text.trim_end().chars().count() < SHORT && !text.contains('\n')
    {
        return line(text.trim_end(), old);
    }
    // The closing quotes stand on their own line where they did before, and in new text.
    let ended = old.and_then(Value::as_str).is_none_or(|old| old.ends_with('\n'));
    let text = match ended {
        true if !text.ends_with('\n') => format!("{text}\n"),
        _ => text.to_owned(),
    };
    if marks == "'''" && !text.contains("'''") && !has_control(&text) && !text.ends_with('\'') {
        return parsed(&format!("'''\n{text}'''"), &text);
    }
    parsed(&format!("\"\"\"\n{}\"\"\"", escaped(&text, true)), &text)
}

/// Text shorter than this stands on the line of its key.
const SHORT: usize = 300;

fn parsed(written: &str, text: &str) -> Value {
    written.parse().ok().filter(|v: &Value| v.as_str() == Some(text)).unwrap_or(Value::from(text))
}

fn escaped(text: &str, has_lines: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut quotes = 0;
    for (at, c) in text.char_indices() {
        quotes = if c == '"' { quotes + 1 } else { 0 };
        match c {
            '\\' => out.push_str("\\\\"),
            '"' if !has_lines || quotes % 3 == 0 || at + 1 == text.len() => out.push_str("\\\""),
            '\n' if has_lines => out.push(c),
            '\n' => out.push_str("\\n"),
            '\t' => out.push(c),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A list: entries that stay keep how they are written, and what stands around them.
fn list(entries: &[String], old: Option<&Value>) -> Array {
    let Some(old) = old.and_then(Value::as_array) else {
        return entries.iter().map(|entry| line(entry, None)).collect();
    };
    let prefix = |at: usize| {
        let decor = old.get(at).map(Value::decor);
        decor.and_then(|decor| decor.prefix()).and_then(|prefix| prefix.as_str())
    };
    let first = prefix(0).unwrap_or_default();
    let plain = if first.contains('\n') { first } else { " " };
    let next = prefix(1).filter(|next| !has_comment(next)).unwrap_or(plain);
    let mut new = old.clone();
    new.clear();
    for (at, entry) in entries.iter().enumerate() {
        let known = old.iter().position(|item| item.as_str() == Some(entry));
        let known = known.and_then(|known| Some((known, old.get(known)?)));
        let mut value = known.map_or_else(|| line(entry, None), |(_, value)| value.clone());
        let has_note = value.decor().prefix().and_then(|p| p.as_str()).is_some_and(has_comment);
        if known.is_none_or(|(known, _)| known != at) && !has_note {
            let (prefix, suffix) = (if at == 0 { first } else { next }, suffix_of(&value));
            value = value.decorated(prefix, suffix);
        }
        new.push_formatted(value);
    }
    new
}

fn suffix_of(value: &Value) -> String {
    let suffix = value.decor().suffix().and_then(|suffix| suffix.as_str());
    suffix.unwrap_or_default().to_owned()
}

pub(super) fn has_comment(around: &str) -> bool {
    around.contains('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(shape: Shape, typed: &str, old: &str) -> String {
        let old: Value = old.parse().unwrap();
        write(shape, typed, Some(&old)).to_string().trim().to_owned()
    }

    #[test]
    fn values_keep_their_manner() {
        assert_eq!(rewritten(Shape::Decimal, "17.50", "16.00"), "17.50");
        assert_eq!(rewritten(Shape::Decimal, "17.50", "\"16.00\""), "\"17.50\"");
        assert_eq!(rewritten(Shape::Decimal, "a lot", "16.00"), "\"a lot\"");
        assert_eq!(rewritten(Shape::Line, "C:\\x", "'a'"), "'C:\\x'");
        assert_eq!(rewritten(Shape::Line, "it's", "'a'"), "\"it's\"");
        assert_eq!(rewritten(Shape::Whole, "9", "8"), "9");
        assert_eq!(rewritten(Shape::Flag, "false", "true"), "false");
        assert_eq!(rewritten(Shape::Day, "2026-12-25", "2026-01-01"), "2026-12-25");
        assert_eq!(rewritten(Shape::Day, "soon", "2026-01-01"), "\"soon\"");
    }

    #[test]
    fn lists_keep_their_lines_and_notes() {
        let old = "[\n  \"a\", # first\n  \"b\",\n]";
        assert_eq!(
            rewritten(Shape::List, "a, b, c", old),
            "[\n  \"a\", # first\n  \"b\",\n  \"c\",\n]"
        );
        assert_eq!(rewritten(Shape::List, "b, a", "[\"a\", \"b\"]"), "[\"b\", \"a\"]");
        assert_eq!(rewritten(Shape::Lines, "a, b\nc", "[\"x\"]"), "[\"a, b\", \"c\"]");
    }

    #[test]
    fn long_text_says_what_was_typed() {
        for text in ["a\nb\n", "say \"\"\"\" so\n", "\\n\nx \"\n", "\t\u{1}\n", "\"\n"] {
            for old in ["\"\"\"\nold\n\"\"\"", "'''\nold\n'''", "\"old\""] {
                let old: Value = old.parse().unwrap();
                let new = write(Shape::Words, text, Some(&old));
                let again: Value = new.to_string().trim().parse().unwrap();
                let expected = if new.to_string().trim_start().starts_with("\"\"\"")
                    || new.to_string().trim_start().starts_with("'''")
                {
                    text
                } else {
                    text.trim_end()
                };
                assert_eq!(again.as_str(), Some(expected), "{text:?} {old}");
            }
        }
    }
}

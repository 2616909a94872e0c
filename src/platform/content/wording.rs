//! The parser's messages in words for people.

use std::ops::Range;

use toml::de::Error;

use super::complaint::Wrong;
use super::place::Lines;
use super::syntax::{Assigned, line_at};

/// What is wrong with a value that could not be read.
pub(super) fn about_value(
    text: &str,
    value: &Assigned,
    errors: &[&Error],
    lines: &Lines<'_>,
) -> Wrong {
    let key = &value.key;
    let source = text.get(value.span.clone()).unwrap_or("");
    let first = errors.first().map_or("", |e| e.message());
    let at = errors.first().and_then(|e| e.span()).map_or(value.span.start, |s| s.start);
    if value.nested {
        return about_nested(text, value, errors, lines);
    }
    let unread = |what: &str| format!("{key}: {what}");
    if source.trim().is_empty() {
        return Wrong::error("value-missing", format!("`{key}` has no value"))
            .hint(format!("write {key} = \"…\", or remove the line"));
    }
    if first.starts_with("string values must be quoted") {
        return unquoted(key, source);
    }
    if first.starts_with("invalid boolean") {
        let folded = source.to_lowercase();
        let wrong = Wrong::error("flag-form", unread("a yes or no is written true or false"));
        return match folded.as_str() {
            "true" | "false" => wrong.hint(format!("write {key} = {folded}")).fix(folded),
            _ => wrong.hint(format!("write {key} = true or {key} = false")),
        };
    }
    if first.starts_with("invalid date") || first.starts_with("invalid time") {
        let wanted = first.split_once("expected ").map_or("a calendar date", |(_, w)| w);
        return Wrong::error("date-invalid", unread(&format!("\"{source}\" is no date")))
            .hint(format!("expected {wanted}; dates are written 2026-12-25"));
    }
    if first.starts_with("missing escaped value") {
        let escape: String = text.get(at..).unwrap_or("").chars().take(1).collect();
        return Wrong::error(
            "escape-unknown",
            unread(&format!("`\\{escape}` means nothing in text")),
        )
        .hint("write `\\\\` for a backslash, or put the text in 'single quotes'");
    }
    if is_text(first) {
        return about_text(text, key, source, at);
    }
    let digits = source.trim_start_matches('0');
    if !digits.is_empty()
        && digits.len() < source.len()
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Wrong::error("number-form", unread("numbers do not begin with 0"))
            .hint(format!("write {key} = {digits}, or {key} = \"{source}\" where text is meant"));
    }
    Wrong::error("number-form", unread(&format!("`{source}` is not a number")))
        .hint(format!("write digits and one point, such as {key} = 12.50, or put text in quotes"))
}

fn is_text(message: &str) -> bool {
    let quoted = ["invalid basic string", "invalid literal string", "invalid multi-line"];
    quoted.iter().any(|start| message.starts_with(start)) || message.contains("escape")
}

/// Text in quotes that never ends, or holds what it may not hold.
fn about_text(text: &str, key: &str, source: &str, at: usize) -> Wrong {
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    if let Some(c) = next.filter(|c| c.is_control() && *c != '\n' && *c != '\r') {
        let message = format!("{key}: the text holds the control character U+{:04X}", u32::from(c));
        return Wrong::error("control-character", message)
            .hint("delete it and type the text again");
    }
    let mark = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|m| source.starts_with(m));
    let mark = mark.unwrap_or("\"");
    let message = format!("{key}: the text is not closed");
    Wrong::error("text-unclosed", message).hint(format!("end it with {mark}"))
}

fn unquoted(key: &str, source: &str) -> Wrong {
    let wrong = |what: &str| Wrong::error("text-unquoted", format!("{key}: {what}"));
    let plain: String = source.chars().filter(|c| !"“”„‘’\"".contains(*c)).collect();
    let number = plain.trim_matches(|c: char| "£$€¥% ".contains(c)).replace(',', ".");
    let decimal = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let word = plain.to_lowercase();
    if source.starts_with(['“', '”', '„', '‘', '’']) {
        return wrong("text needs straight quotes").hint(format!("write {key} = \"{plain}\""));
    }
    if !number.is_empty() && decimal {
        return wrong("numbers are written without a sign or unit")
            .hint(format!("write {key} = {number}"))
            .fix(number);
    }
    let flag = |what: &str| Wrong::error("flag-form", format!("{key}: {what}"));
    if word == "true" || word == "false" {
        return flag("true and false are written in small letters")
            .hint(format!("write {key} = {word}"))
            .fix(word);
    }
    if word == "yes" || word == "no" {
        let meant = if word == "yes" { "true" } else { "false" };
        return flag("a yes or no is written true or false")
            .hint(format!("write {key} = {meant}"))
            .fix(meant);
    }
    let quoted = format!("\"{}\"", plain.replace('\\', "\\\\"));
    let wrong = wrong("string values must be quoted");
    wrong.hint(format!("write {key} = {quoted}")).fix(quoted)
}

fn about_nested(text: &str, value: &Assigned, errors: &[&Error], lines: &Lines<'_>) -> Wrong {
    let key = &value.key;
    let source = text.get(value.span.clone()).unwrap_or("");
    let (what, close) = if source.starts_with('{') { ("table", '}') } else { ("list", ']') };
    let first = errors.first().and_then(|e| e.span()).unwrap_or(value.span.clone());
    let (line, _) = lines.position(first.start);
    let (last, _) = lines.position(text.get(..first.start).unwrap_or("").trim_end().len());
    if errors.iter().any(|e| e.message().starts_with("unclosed")) {
        let (start, _) = lines.position(value.span.start);
        let message = if line > start {
            format!("{key}: the {what} started here is still open at line {line}")
        } else {
            format!("{key}: the {what} started here is never closed")
        };
        let code = if close == ']' { "list-unclosed" } else { "table-unclosed" };
        return Wrong::error(code, message)
            .hint(format!("write `{close}` at the end of line {}", last.max(start)));
    }
    let message = errors.first().map_or("", |e| e.message());
    // Without its comma, the next entry looks like the end of this one.
    let run_on = |e: &&Error| {
        e.message().contains("extra assignment") || e.message().contains("unexpected `=`")
    };
    if message.starts_with("missing comma") || errors.iter().any(run_on) {
        let code = if close == ']' { "list-comma" } else { "table-comma" };
        return Wrong::error(
            code,
            format!("{key}: a comma is missing in the {what}, at line {line}"),
        )
        .hint("put a comma between two entries");
    }
    if message.starts_with("extra comma") {
        return Wrong::error(
            "list-comma",
            format!("{key}: there is a comma too many in the {what}, at line {line}"),
        )
        .hint("remove one comma");
    }
    if message.starts_with("string values must be quoted") {
        return Wrong::error(
            "text-unquoted",
            format!("{key}: string values must be quoted, also in a {what}"),
        )
        .hint(format!("write {key} = [\"one\", \"two\"], with a comma between entries"));
    }
    if message.starts_with("missing array opening") {
        return Wrong::error(
            "list-unopened",
            format!("{key}: the list is closed but never opened"),
        )
        .hint(format!("write {key} = [\"…\"]"));
    }
    if message.starts_with("cannot recurse") {
        return Wrong::error("too-deep", format!("{key}: values are nested too deep"))
            .hint("flatten them");
    }
    Wrong::error(
        "value-form",
        format!("{key}: the {what} is not written correctly, at line {line}"),
    )
    .hint(match close {
        ']' => format!("write {key} = [\"one\", \"two\"]"),
        _ => format!("write {key} = {{ name = \"value\", other = 1 }}"),
    })
}

/// What is wrong with a line or heading.
pub(super) fn about_line(
    text: &str,
    error: &Error,
    span: &Range<usize>,
    values: &[Assigned],
) -> Wrong {
    let message = error.message();
    let line = line_at(text, span.start);
    if message.starts_with("duplicate key") {
        let key = text.get(span.clone()).unwrap_or("");
        return Wrong::error("key-duplicate", format!("`{key}` is given twice"))
            .hint("keep one of them");
    }
    if message.starts_with("unexpected key or value") {
        return line_rest(text, span.start, values);
    }
    if message.starts_with("carriage return") || message.starts_with("invalid comment") {
        let message = "there is a control character on this line";
        return Wrong::error("control-character", message)
            .hint("delete it and type the line again");
    }
    if message.starts_with("unclosed table") || message.starts_with("unclosed array table") {
        let closing = if line.trim_start().starts_with("[[") { "]]" } else { "]" };
        return Wrong::error("heading-unclosed", "the heading is not closed")
            .hint(format!("end it with {closing}, with nothing behind it"));
    }
    if message.starts_with("cannot recurse") {
        return Wrong::error("too-deep", "values are nested too deep").hint("flatten them");
    }
    if message.starts_with("key with no value") || message.starts_with("missing value") {
        return no_value(line);
    }
    if message.contains("key") {
        let word = line.split(['=', ' ']).find(|w| !w.is_empty()).unwrap_or("");
        let word: String = word.chars().take(40).collect();
        return Wrong::error("key-form", format!("`{word}` cannot be a key"))
            .hint("keys are letters, digits, `_` and `-`, followed by `=` and a value");
    }
    Wrong::error("syntax", "this line cannot be read")
        .hint("a line is a key, `=` and a value, or a heading such as [name]")
}

fn no_value(line: &str) -> Wrong {
    let line = line.trim();
    if let Some((key, value)) = line.split_once(':').filter(|(k, _)| !k.contains('=')) {
        let (key, value) = (key.trim(), value.trim());
        return Wrong::error("value-missing", "keys and values are joined by `=`, not `:`")
            .hint(format!("write {key} = {value}"));
    }
    let key: String = line.split_whitespace().next().unwrap_or("key").chars().take(40).collect();
    Wrong::error("value-missing", format!("`{key}` has no value"))
        .hint(format!("write {key} = \"…\""))
}

/// Something stands behind a complete value.
fn line_rest(text: &str, at: usize, values: &[Assigned]) -> Wrong {
    let rest = line_at(text, at);
    let from = at - text.get(..at).map_or(at, |t| t.rfind('\n').map_or(0, |i| i + 1));
    let rest = rest.get(from..).unwrap_or("").trim_end();
    let value = values.iter().rev().find(|v| v.span.end <= at);
    let value = value.and_then(|v| Some((v.key.as_str(), text.get(v.span.clone())?)));
    let message = format!("`{}` stands behind the value", rest.trim());
    let wrong = Wrong::error("line-rest", message);
    let decimals = rest.strip_prefix(',').filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    match (value, decimals) {
        (Some((key, whole)), Some(decimals)) => {
            wrong.hint(format!("decimals follow a point: write {key} = {whole}.{decimals}"))
        }
        _ => wrong.hint("begin a new line, or remove it; a comment begins with #"),
    }
}

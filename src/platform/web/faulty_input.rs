//! What is wrong with input, in sentences: serde's messages turned into field and reason.

use serde_json::json;

use crate::base::Problem;

/// Characters of a foreign message that are passed on.
const DETAIL_CHARS_MAX: usize = 200;

/// Why nothing could be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotReadable {
    /// Bytes that are no text.
    NotUtf8,
    /// Text that is no JSON, and where it stops to be.
    NotJson { line: usize, column: usize },
    /// JSON nested too deeply.
    TooDeep,
    /// A body that ended too early.
    BrokenOff,
}

/// A 400 problem.
pub(super) fn unreadable(why: NotReadable) -> Problem {
    let detail = match why {
        NotReadable::NotUtf8 => "The request is not valid UTF-8.".to_owned(),
        NotReadable::NotJson { line, column } => {
            format!("The request is not valid JSON (line {line}, column {column}).")
        }
        NotReadable::TooDeep => "The JSON is nested too deeply.".to_owned(),
        NotReadable::BrokenOff => "The request ended before it was complete.".to_owned(),
    };
    Problem::new(400, "unreadable-request", "Unreadable request", detail)
}

/// A 422 problem from serde's message and the path of the value it met.
pub(super) fn faulty(path: &str, message: &str) -> Problem {
    let (field, detail) = field_and_detail(path, message);
    let sentence = if field.is_empty() {
        detail.clone()
    } else {
        format!("The field \"{field}\" cannot be used: {detail}")
    };
    Problem::new(422, "invalid-fields", "Invalid fields", sentence)
        .with("errors", json!([{ "field": field, "detail": detail }]))
}

fn field_and_detail(path: &str, message: &str) -> (String, String) {
    let path = if path == "." || path == "?" { "" } else { path };
    let (message, _) = message.rsplit_once(" at line ").unwrap_or((message, ""));
    let known = [
        ("missing field `", "It is required."),
        ("unknown field `", "It is not known here."),
        ("duplicate field `", "It is given more than once."),
    ];
    for (start, detail) in known {
        if let Some((name, _)) = message.strip_prefix(start).and_then(|rest| rest.split_once('`')) {
            return (join(path, name), detail.to_owned());
        }
    }
    let message: String =
        message.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
    (path.to_owned(), format!("{message}."))
}

/// serde's path already ends in the name of a field it knows or saw twice, but not of a missing
/// one.
fn join(path: &str, name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
    if path.is_empty() {
        name
    } else if path == name || path.ends_with(&format!(".{name}")) {
        path.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_fields_and_reasons() {
        let cases = [
            (".", "missing field `name`", "name", "It is required."),
            (
                "lines[1]",
                "missing field `name` at line 1 column 9",
                "lines[1].name",
                "It is required.",
            ),
            ("x", "unknown field `x`, expected `name`", "x", "It is not known here."),
            ("name", "duplicate field `name`", "name", "It is given more than once."),
            ("count", "invalid digit found in string", "count", "invalid digit found in string."),
            (
                "count",
                "invalid value: integer `-1`, expected u32 at line 2 column 3",
                "count",
                "invalid value: integer `-1`, expected u32.",
            ),
        ];
        for (path, message, field, detail) in cases {
            assert_eq!(field_and_detail(path, message), (field.to_owned(), detail.to_owned()));
        }
    }
}

//! XML written straight into a text. Pure.

/// Appends text so that it may stand between tags and in attributes; what XML cannot hold at all
/// is left out.
pub(super) fn escape(out: &mut String, text: &str) {
    let special = |c: char| {
        matches!(c, '&' | '<' | '>' | '"' | '\u{FFFE}' | '\u{FFFF}')
            || (c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t'))
    };
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        let found = rest[at..].chars().next();
        match found {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            _ => {}
        }
        rest = &rest[at + found.map_or(0, char::len_utf8)..];
    }
    out.push_str(rest);
}

/// Appends `<name>text</name>`.
pub(super) fn element(out: &mut String, name: &str, pieces: &[&str]) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    for piece in pieces {
        escape(out, piece);
    }
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_element() {
        let mut out = String::new();
        element(&mut out, "title", &["A & B <i> \u{1}\"", "c\u{FFFE}é"]);
        assert_eq!(out, "<title>A &amp; B &lt;i&gt; &quot;cé</title>\n");
    }
}

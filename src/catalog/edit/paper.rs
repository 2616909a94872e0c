//! A TOML text taken apart so that it can be put together again byte for byte.

use toml_edit::DocumentMut;

use super::NotEdited;

/// The document, and what its parser does not keep: a byte order mark, Windows line ends, a
/// missing last line end.
pub(super) struct Paper {
    pub(super) doc: DocumentMut,
    has_mark: bool,
    is_windows: bool,
    is_unended: bool,
}

impl Paper {
    /// Takes a text apart.
    pub(super) fn open(text: &str) -> Result<Self, NotEdited> {
        let stripped = text.strip_prefix('\u{feff}');
        let (has_mark, text) = (stripped.is_some(), stripped.unwrap_or(text));
        let is_windows = text.contains("\r\n");
        let mut plain = text.replace("\r\n", "\n");
        if is_windows && plain.replace('\n', "\r\n") != text {
            return Err(NotEdited::Unkept);
        }
        let is_unended = !plain.is_empty() && !plain.ends_with('\n');
        if is_unended {
            plain.push('\n');
        }
        let doc: DocumentMut = plain.parse().map_err(|_| NotEdited::Syntax)?;
        // What would not come back as it is must not be touched.
        if doc.to_string() != plain {
            return Err(NotEdited::Unkept);
        }
        Ok(Self { doc, has_mark, is_windows, is_unended })
    }

    /// Puts it together again.
    pub(super) fn close(self) -> Result<String, NotEdited> {
        let mut text = self.doc.to_string();
        if text.parse::<DocumentMut>().is_err() {
            return Err(NotEdited::Unkept);
        }
        if self.is_unended && text.ends_with('\n') {
            text.pop();
        }
        if self.is_windows {
            text = text.replace('\n', "\r\n");
        }
        Ok(if self.has_mark { format!("\u{feff}{text}") } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_apart_comes_together_again() {
        for text in [
            "",
            "a = 1",
            "a = 1\n# end",
            "\u{feff}a = 1\r\n\r\n[b]\r\nc = '''x\r\ny'''\r\n",
            "# top\n\n[[a]]\nb = [\n  1, # one\n  2,\n]\n\n\n[[a]]\nb.c = 1\n",
        ] {
            let paper = Paper::open(text).unwrap_or_else(|why| panic!("{text:?}: {why:?}"));
            assert_eq!(paper.close().unwrap(), text);
        }
        assert_eq!(Paper::open("a = ").err(), Some(NotEdited::Syntax));
        assert_eq!(Paper::open("a = 1\r\nb = 2\n").err(), Some(NotEdited::Unkept));
    }
}

//! JSON written straight into a text, safe inside a script block. Pure.

/// A JSON text in the making. Commas come by themselves; the caller closes what it opens.
#[derive(Debug, Default)]
pub(super) struct Json(String);

impl Json {
    /// An empty text with room for `bytes`.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// The text so far.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn comma(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(',');
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    /// Opens an object: a member when `key` is not empty, else an element of a list.
    pub(super) fn open(&mut self, key: &str, kind: &str) -> &mut Self {
        self.open_untyped(key);
        self.text("@type", kind)
    }

    /// Opens an object without a type.
    pub(super) fn open_untyped(&mut self, key: &str) -> &mut Self {
        if key.is_empty() {
            self.comma();
        } else {
            self.key(key);
        }
        self.0.push('{');
        self
    }

    /// Closes the object opened last.
    pub(super) fn close(&mut self) -> &mut Self {
        self.0.push('}');
        self
    }

    /// Opens a list.
    pub(super) fn list(&mut self, key: &str) -> &mut Self {
        self.key(key);
        self.0.push('[');
        self
    }

    /// Closes the list opened last.
    pub(super) fn end(&mut self) -> &mut Self {
        self.0.push(']');
        self
    }

    /// A member of text.
    pub(super) fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.joined(key, &[text])
    }

    /// A member of text put together from pieces.
    pub(super) fn joined(&mut self, key: &str, pieces: &[&str]) -> &mut Self {
        self.key(key);
        self.quote(pieces);
        self
    }

    /// An element of text put together from pieces.
    pub(super) fn item(&mut self, pieces: &[&str]) -> &mut Self {
        self.comma();
        self.quote(pieces);
        self
    }

    /// A member that is a whole number.
    pub(super) fn number(&mut self, key: &str, number: impl TryInto<i64>) -> &mut Self {
        self.key(key);
        push_whole(&mut self.0, number.try_into().unwrap_or(i64::MAX));
        self
    }

    /// A member that is true or false.
    pub(super) fn flag(&mut self, key: &str, flag: bool) -> &mut Self {
        self.key(key);
        self.0.push_str(if flag { "true" } else { "false" });
        self
    }

    /// A member that is an amount of money, as a plain decimal in quotes.
    pub(super) fn money(&mut self, key: &str, minor: i64, exponent: u32) -> &mut Self {
        self.key(key);
        self.0.push('"');
        push_decimal(&mut self.0, minor, exponent);
        self.0.push('"');
        self
    }

    /// A member that only names a node described elsewhere.
    pub(super) fn refer(&mut self, key: &str, pieces: &[&str]) -> &mut Self {
        self.open_untyped(key).joined("@id", pieces).close()
    }

    /// JSON that was made before: one or several elements of the list that is open.
    pub(super) fn ready(&mut self, json: &str) -> &mut Self {
        if !json.is_empty() {
            self.comma();
            self.0.push_str(json);
        }
        self
    }

    fn quote(&mut self, pieces: &[&str]) {
        self.0.push('"');
        for piece in pieces {
            escape(&mut self.0, piece);
        }
        self.0.push('"');
    }
}

/// `<` is escaped so that no text can end the script block it stands in.
fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = special(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            other => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Position of the first byte that must be escaped. Most texts have none, so a whole word of
/// bytes is looked at in one step that a compiler turns into one comparison.
fn special(bytes: &[u8]) -> Option<usize> {
    let is_special = |b: &u8| *b < 0x20 || matches!(*b, b'"' | b'\\' | b'<');
    let mut at = 0;
    for word in bytes.chunks(16) {
        if word.iter().fold(false, |any, b| any | is_special(b)) {
            return word.iter().position(is_special).map(|inside| at + inside);
        }
        at += word.len();
    }
    None
}

/// Appends digits without a formatter: prices stand on every page many times.
fn push_whole(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    let mut digits = [0_u8; 20];
    let (mut at, mut left) = (digits.len(), number.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

/// Appends an amount with its currency's decimals: `12.99`.
pub(super) fn push_decimal(out: &mut String, minor: i64, exponent: u32) {
    let scale = 10_i64.pow(exponent);
    push_whole(out, minor / scale);
    if exponent > 0 {
        // The leading 1 keeps the zeros of the decimals and is overwritten by the point.
        let at = out.len();
        push_whole(out, scale + minor.abs() % scale);
        out.replace_range(at..=at, ".");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_and_never_ends_its_block() {
        let wild = "a\"b\\c\n\t</script><!-- é 🦀\u{1}";
        let mut json = Json::default();
        json.open("", "Thing").joined("name", &[wild, "!"]).number("n", -120_i64);
        json.list("image").item(&["x"]).item(&["y"]).end().money("price", 1205, 2);
        json.flag("yes", true).refer("of", &["#", "a"]).open("in", "In").close().close();
        let text = json.into_text();
        assert!(!text.contains('<'), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["name"], format!("{wild}!"));
        assert_eq!(read["n"], -120);
        assert_eq!(read["image"][1], "y");
        assert_eq!(read["price"], "12.05");
        assert_eq!(read["of"]["@id"], "#a");
        assert_eq!(read["in"]["@type"], "In");
    }

    #[test]
    fn amounts_have_their_currencys_decimals() {
        for (minor, exponent, text) in [
            (5, 2, "0.05"),
            (1200, 2, "12.00"),
            (980, 0, "980"),
            (1250, 3, "1.250"),
            (0, 2, "0.00"),
        ] {
            let mut out = String::new();
            push_decimal(&mut out, minor, exponent);
            assert_eq!(out, text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives(text in ".{0,60}") {
            let mut json = Json::default();
            json.open_untyped("").text("t", &text).close();
            let written = json.into_text();
            proptest::prop_assert!(!written.contains('<'));
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            proptest::prop_assert_eq!(read["t"].as_str(), Some(text.as_str()));
        }
    }
}

//! Colour tokens: what the shop's style sheet names at `:root`, in light and in dark. Pure.

use std::collections::BTreeMap;

use crate::base::ids::hex;

/// A colour: red, green, blue.
pub type Colour = [u8; 3];

/// The colours a style sheet names at `:root`, in light and in dark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    light: BTreeMap<String, Colour>,
    dark: BTreeMap<String, Colour>,
}

impl Tokens {
    /// Reads `--name: #rrggbb` of every `:root` block: outside media rules for both schemes, inside
    /// one for dark schemes there. Paper has no scheme and widths have no colours.
    #[must_use]
    pub fn read(css: &str) -> Self {
        let css = without_comments(css);
        let mut tokens = Self::default();
        let mut around: Vec<&str> = Vec::new();
        let mut from = 0;
        for (at, mark) in css.match_indices(['{', '}', ';']) {
            let piece = css[from..at].trim();
            from = at + 1;
            let in_root = around.last().is_some_and(|selector| selector.contains(":root"));
            let media = around.iter().find(|rule| rule.starts_with("@media"));
            let dark = media.is_some_and(|rule| rule.contains("prefers-color-scheme: dark"));
            if mark != "{" && in_root && (dark || media.is_none()) {
                tokens.note(piece, dark);
            }
            match mark {
                "{" => around.push(piece),
                "}" => drop(around.pop()),
                _ => {}
            }
        }
        tokens
    }

    fn note(&mut self, declaration: &str, dark: bool) {
        let Some((name, value)) = declaration.split_once(':') else { return };
        let Some(name) = name.trim().strip_prefix("--") else { return };
        let Some(colour) = colour(value.trim()) else { return };
        if !dark {
            self.light.insert(name.to_owned(), colour);
        }
        self.dark.insert(name.to_owned(), colour);
    }

    /// A colour in the light scheme.
    #[must_use]
    pub fn light(&self, name: &str) -> Option<Colour> {
        self.light.get(name).copied()
    }

    /// A colour in the dark scheme.
    #[must_use]
    pub fn dark(&self, name: &str) -> Option<Colour> {
        self.dark.get(name).copied()
    }

    /// These, and of `others` what is missing here.
    #[must_use]
    pub fn or(mut self, others: &Self) -> Self {
        for (own, theirs) in [(&mut self.light, &others.light), (&mut self.dark, &others.dark)] {
            for (name, colour) in theirs {
                own.entry(name.clone()).or_insert(*colour);
            }
        }
        self
    }
}

/// Colours of the shop that letters are set in: names of the style sheet's tokens.
const OF_LETTERS: [&str; 8] =
    ["paper", "surface", "sunken", "ink", "ink-2", "line", "accent", "on-accent"];

/// The shop's colours as templates of letters see them: `brand.light.on_accent` is `#ffffff`. A
/// mail program reads no style sheet of ours and knows no variables, so they are named one by one.
#[must_use]
pub fn brand(tokens: &Tokens) -> serde_json::Value {
    let scheme = |of: &dyn Fn(&str) -> Option<Colour>| {
        let named = |name: &&str| Some((name.replace('-', "_"), hex_of(of(name)?).into()));
        serde_json::Value::Object(OF_LETTERS.iter().filter_map(named).collect())
    };
    let light = scheme(&|name| tokens.light(name));
    serde_json::json!({ "light": light, "dark": scheme(&|name| tokens.dark(name)) })
}

fn hex_of(colour: Colour) -> String {
    format!("#{}", hex(&colour))
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// `#rgb` or `#rrggbb`.
fn colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#')?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    let byte = |shift: u32| u8::try_from(value >> shift & 0xFF).unwrap_or(0);
    let half = |shift: u32| u8::try_from((value >> shift & 0xF) * 17).unwrap_or(0);
    match digits.len() {
        6 => Some([byte(16), byte(8), byte(0)]),
        3 => Some([half(8), half(4), half(0)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_by_scheme() {
        let css = "/* :root { --ink: #fff } */ :root { --ink: #111; --paper: #FFFFFF }
            @media (min-width: 1px) { :root { --head: 1px } }
            @media (prefers-color-scheme: dark) { :root { --ink: #777777; --paper: #000 } }
            @media print { :root { --ink: #fff } } .x { --ink: #eee }";
        let tokens = Tokens::read(css);
        assert_eq!(tokens.light("ink"), Some([17, 17, 17]));
        assert_eq!(tokens.dark("paper"), Some([0, 0, 0]));
    }

    // S1.34: a shop that names one colour keeps the built-in others.
    #[test]
    fn letters_are_set_in_the_colours_of_the_shop() {
        let built_in = Tokens::read(":root { --ink: #111; --accent: #8A3B1D }");
        let own = Tokens::read(":root { --accent: #00f }").or(&built_in);
        let brand = brand(&own);
        assert_eq!(brand["light"]["accent"], "#0000ff");
        assert_eq!(brand["dark"]["ink"], "#111111");
        assert_eq!(brand["light"]["line"], serde_json::Value::Null);
    }
}

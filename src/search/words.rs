//! Words as search compares them: folded, split, and in their other grammatical forms. Pure.

pub use crate::base::folding::fold;

/// Words of one search that count; more would only cost time.
pub(super) const WORDS_MAX: usize = 16;
/// Endings by which German tells one from many; the umlaut is folded away already.
const GERMAN_ENDINGS: [&str; 5] = ["en", "er", "e", "n", "s"];
/// A German word keeps at least this much when an ending is taken off.
const GERMAN_STEM_MIN: usize = 3;

/// Whose plurals are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// English, and every language without rules of its own.
    English,
    /// German.
    German,
}

/// Words that hold sentences together: nobody looks for them, but people write them.
const ENGLISH_LINKS: [&str; 15] = [
    "a", "an", "and", "at", "by", "for", "from", "in", "my", "of", "on", "or", "the", "to", "with",
];
/// The same in German, folded.
const GERMAN_LINKS: [&str; 20] = [
    "am", "auf", "aus", "bei", "das", "dem", "den", "der", "die", "ein", "eine", "einen", "fur",
    "im", "in", "mit", "oder", "und", "von", "zu",
];

impl Language {
    /// The language of a BCP 47 tag.
    pub(super) fn of(locale: &str) -> Self {
        match locale.split('-').next() {
            Some("de") => Self::German,
            _ => Self::English,
        }
    }

    /// Whether a word only holds others together.
    pub(super) fn is_link(self, word: &str) -> bool {
        match self {
            Self::English => ENGLISH_LINKS.contains(&word),
            Self::German => GERMAN_LINKS.contains(&word),
        }
    }
}

/// The words of a folded text, in order. An apostrophe is no gap: `potter's` is one word.
pub(super) fn each_word(folded: &str, mut take: impl FnMut(&str)) {
    // Most texts are plain, and most of an index is made of texts.
    if folded.is_ascii() && !folded.contains('\'') {
        let parts = folded.split(|c: char| !c.is_ascii_alphanumeric());
        return parts.filter(|part| !part.is_empty()).for_each(take);
    }
    let is_quote = |c: char| matches!(c, '\'' | '’');
    let parts = folded.split(|c: char| !c.is_alphanumeric() && !is_quote(c));
    for part in parts.filter(|part| !part.is_empty()) {
        if !part.contains(is_quote) {
            take(part);
            continue;
        }
        let joined: String = part.chars().filter(|c| !is_quote(*c)).collect();
        if !joined.is_empty() {
            take(&joined);
        }
    }
}

/// The words of a text, folded, in order; at most [`WORDS_MAX`].
#[must_use]
pub(super) fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(&fold(text), |word| {
        if words.len() < WORDS_MAX {
            words.push(word.to_owned());
        }
    });
    words
}

/// Whether a word is a code: its neighbours are other things, not other spellings.
pub(super) fn is_code(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

/// Other forms of a word: plural and singular, and umlauts written out. A form that no product
/// uses does no harm.
pub(super) fn other_forms(word: &str, language: Language) -> Vec<String> {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return Vec::new();
    }
    let mut forms = match language {
        Language::English => english(word),
        Language::German => german(word),
    };
    // `Tür` is folded to `tur`; somebody without the letter writes `tuer`.
    for (written, folded) in [("ae", "a"), ("oe", "o"), ("ue", "u")] {
        if word.contains(written) {
            forms.push(word.replace(written, folded));
        }
    }
    forms.retain(|form| form != word);
    forms
}

fn english(word: &str) -> Vec<String> {
    let hisses = |stem: &str| ["s", "x", "z", "sh", "ch"].iter().any(|end| stem.ends_with(end));
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return vec![format!("{stem}y"), format!("{stem}ie")];
    }
    if let Some(stem) = word.strip_suffix("ves").filter(|stem| stem.len() > 1) {
        return vec![format!("{stem}f"), format!("{stem}fe"), format!("{stem}ve")];
    }
    if let Some(stem) = word.strip_suffix("es").filter(|stem| hisses(stem)) {
        return vec![stem.to_owned(), format!("{stem}e")];
    }
    if let Some(stem) = word.strip_suffix('s').filter(|s| s.len() > 2 && !s.ends_with('s')) {
        return vec![stem.to_owned()];
    }
    if let Some(stem) = word.strip_suffix("fe").or_else(|| word.strip_suffix('f')) {
        return vec![format!("{stem}ves"), format!("{word}s")];
    }
    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix('y') {
        Some(stem) if !vowel_before_y => vec![format!("{stem}ies")],
        _ if hisses(word) => vec![format!("{word}es")],
        _ => vec![format!("{word}s")],
    }
}

fn german(word: &str) -> Vec<String> {
    let stems = GERMAN_ENDINGS.iter().filter_map(|end| word.strip_suffix(end));
    let stems: Vec<&str> = stems.filter(|stem| stem.len() >= GERMAN_STEM_MIN).collect();
    // From one ending to another as well: `Gläser` looked for, `Glases` written.
    let roots = std::iter::once(word).chain(stems.iter().copied());
    let longer =
        roots.flat_map(|root| GERMAN_ENDINGS.iter().map(move |end| format!("{root}{end}")));
    let mut forms: Vec<String> =
        stems.iter().map(|stem| (*stem).to_owned()).chain(longer).collect();
    forms.sort();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // S3.18: accents, foreign letters and apostrophes do not keep a word from being found.
    #[test]
    fn words_are_folded() {
        assert_eq!(words_of("  Crème-BRÛLÉE №5 "), ["creme", "brulee", "5"]);
        assert_eq!(words_of("Cafe\u{301} ÅNGSTRÖM İstanbul"), ["cafe", "angstrom", "istanbul"]);
        assert_eq!(words_of("Straße Smørrebrød"), ["strasse", "smorrebrod"]);
        assert_eq!(words_of("potter's potter’s '' x"), ["potters", "potters", "x"]);
        assert_eq!(words_of("a OR b2"), ["a", "or", "b2"]);
        assert!(words_of("\" * -- \0").is_empty());
        assert_eq!(words_of(&"x ".repeat(1000)).len(), WORDS_MAX);
    }

    #[test]
    fn singular_and_plural_are_one() {
        for (one, many) in [
            ("mug", "mugs"),
            ("box", "boxes"),
            ("brush", "brushes"),
            ("berry", "berries"),
            ("tray", "trays"),
            ("glass", "glasses"),
            ("knife", "knives"),
            ("shelf", "shelves"),
            ("vase", "vases"),
        ] {
            let has = |from: &str, to: &str| {
                other_forms(from, Language::English).contains(&to.to_owned())
            };
            assert!(has(one, many) && has(many, one), "{one} {many}");
        }
        assert!(other_forms("ab", Language::English).is_empty());
        assert!(other_forms("m16", Language::English).is_empty());
    }

    #[test]
    fn german_plurals_and_umlauts_are_one() {
        for (one, many) in [
            ("Tasse", "Tassen"),
            ("Tisch", "Tische"),
            ("Glas", "Gläser"),
            ("Decke", "Decken"),
            ("Tuch", "Tücher"),
            ("Sofa", "Sofas"),
            ("Tür", "tuer"),
        ] {
            let (one, many) = (fold(one), fold(many));
            let has = |from: &str, to: &String| other_forms(from, Language::German).contains(to);
            assert!(has(&many, &one), "{many} finds {one}");
            assert!(one == "tur" || has(&one, &many), "{one} finds {many}");
        }
        assert_eq!(Language::of("de-AT"), Language::German);
        assert_eq!(Language::of("fr"), Language::English);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let words = words_of(&text);
            let again: Vec<String> = words.iter().flat_map(|word| words_of(word)).collect();
            prop_assert_eq!(words, again.into_iter().take(WORDS_MAX).collect::<Vec<_>>());
        }
    }
}

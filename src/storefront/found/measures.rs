//! Options and measures in the words of Schema.org and of Google's feed. Pure.

/// A choice that search engines know by a name of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// Property of Schema.org.
    pub(super) property: &'static str,
    /// Attribute of Google's feed.
    pub(super) attribute: &'static str,
}

const fn axis(property: &'static str, attribute: &'static str) -> Axis {
    Axis { property, attribute }
}

/// What an editor may call a choice, in small letters, and what it is.
const AXES: &[(&[&str], Axis)] = &[
    (&["colour", "color", "farbe", "glaze", "couleur"], axis("color", "color")),
    (&["size", "größe", "groesse", "taille"], axis("size", "size")),
    (&["material", "wood", "holz", "fabric", "stoff"], axis("material", "material")),
    (&["pattern", "muster", "motif", "design"], axis("pattern", "pattern")),
    (&["gender", "geschlecht"], axis("suggestedGender", "gender")),
    (&["age group", "age", "alter", "altersgruppe"], axis("suggestedAge", "age_group")),
];

/// The choice with this name, when search engines know it.
pub(super) fn axis_of(name: &str) -> Option<Axis> {
    let small = name.to_lowercase();
    AXES.iter().find(|(names, _)| names.contains(&small.as_str())).map(|(_, axis)| *axis)
}

/// UN/CEFACT codes of the units that a measure may have.
const UNITS: &[(&str, &str)] = &[
    ("ml", "MLT"),
    ("cl", "CLT"),
    ("l", "LTR"),
    ("mg", "MGM"),
    ("g", "GRM"),
    ("kg", "KGM"),
    ("mm", "MMT"),
    ("cm", "CMT"),
    ("m", "MTR"),
    ("sqm", "MTK"),
    ("cbm", "MTQ"),
    ("ct", "C62"),
];

/// Number and unit code of a measure such as `220 g`.
pub(super) fn coded(measure: &str) -> Option<(&str, &'static str)> {
    let split = measure.find(|c: char| c != '.' && !c.is_ascii_digit())?;
    let (number, unit) = measure.split_at(split);
    let code = UNITS.iter().find(|(known, _)| *known == unit.trim())?;
    Some((number, code.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_and_measures_are_known_by_their_names() {
        assert_eq!(axis_of("Colour").map(|a| a.property), Some("color"));
        assert_eq!(axis_of("GRÖSSE").map(|a| a.attribute), None);
        assert_eq!(axis_of("Größe").map(|a| a.attribute), Some("size"));
        assert_eq!(axis_of("Scent"), None);
        assert_eq!(coded("220 g"), Some(("220", "GRM")));
        assert_eq!(coded("1.5l"), Some(("1.5", "LTR")));
        assert_eq!(coded("many"), None);
    }
}

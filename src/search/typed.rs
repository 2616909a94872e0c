//! The parameters of a list as they stand behind `?`: what forms show again and links carry on.
//! Pure.

use super::entry::axis_parameter;

/// Every parameter there is, in the order addresses are written; option axes stand behind `tag`.
pub(super) const FIELDS: [&str; 11] = [
    "q",
    "category",
    "tier",
    "tag",
    "price_min",
    "price_max",
    "in_stock",
    "featured",
    "exact",
    "sort",
    "page",
];
/// Facets: they may be given several times.
const FACETS: [&str; 3] = ["category", "tier", "tag"];
/// Begins the parameter of an option axis.
const OPTION: &str = "option.";

/// The parameters as typed, tidied but not checked: what forms show again and links carry on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The shelf whose list it is.
    shelf: Option<String>,
    /// In the order addresses are written.
    values: Vec<(String, String)>,
    twice: Option<&'static str>,
}

/// The name as it is known; axes in lower case.
fn known(name: &str) -> Option<String> {
    let field = FIELDS.into_iter().find(|field| *field == name).map(str::to_owned);
    field.or_else(|| name.strip_prefix(OPTION).filter(|axis| !axis.is_empty()).map(axis_parameter))
}

fn is_facet(field: &str) -> bool {
    FACETS.contains(&field) || field.starts_with(OPTION)
}

/// Where a field stands in an address.
fn place(field: &str) -> usize {
    let tags = 3;
    match FIELDS.iter().position(|known| *known == field) {
        Some(at) if at <= tags => at,
        Some(at) => at + 1,
        None => tags + 1,
    }
}

impl Typed {
    /// Picks the known parameters; others, such as those of newsletters, mean nothing here.
    #[must_use]
    pub fn from_pairs(pairs: &[(String, String)]) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            let (Some(field), value) = (known(name), tidy(value)) else { continue };
            if value.is_empty() {
                continue;
            }
            if is_facet(&field) {
                typed.add(&field, &value);
            } else if typed.get(&field).is_empty() {
                typed.values.push((field, value));
            } else {
                typed.twice = FIELDS.into_iter().find(|known| *known == field);
            }
        }
        typed.sort();
        typed
    }

    /// The same about a shelf.
    #[must_use]
    pub fn on_shelf(mut self, path: &str) -> Self {
        self.shelf = Some(path.to_owned());
        self
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The shelf whose list it is.
    pub(super) fn shelf(&self) -> Option<&str> {
        self.shelf.as_deref()
    }

    fn add(&mut self, field: &str, value: &str) {
        if !self.has(field, value) {
            self.values.push((field.to_owned(), value.to_owned()));
        }
    }

    /// One address for one list, in whatever order its parameters were sent.
    fn sort(&mut self) {
        self.values.sort_by(|a, b| (place(&a.0), &a.0, &a.1).cmp(&(place(&b.0), &b.0, &b.1)));
    }

    /// One parameter, of several the first; empty when it is not given.
    #[must_use]
    pub fn get(&self, field: &str) -> &str {
        let found = self.values.iter().find(|(name, _)| name == field);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Whether a parameter has this value.
    pub(super) fn has(&self, field: &str, value: &str) -> bool {
        self.values.iter().any(|(name, given)| name == field && given == value)
    }

    /// Every facet's value that is chosen.
    pub(super) fn chosen(&self) -> impl Iterator<Item = (&str, &str)> {
        let facets = self.values.iter().filter(|(name, _)| is_facet(name));
        facets.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same with one parameter changed, or without it when `value` is empty.
    #[must_use]
    pub fn with(&self, field: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.values.retain(|(name, _)| name != field);
        if !value.is_empty() {
            changed.add(field, value);
            changed.sort();
        }
        changed
    }

    /// The first page of the same list with one value more, or less when it is chosen.
    #[must_use]
    pub fn switched(&self, field: &str, value: &str) -> Self {
        let mut changed = self.with("page", "");
        if self.has(field, value) {
            changed.values.retain(|(name, given)| name != field || given != value);
        } else {
            changed.add(field, value);
            changed.sort();
        }
        changed
    }

    /// The list without any filter: the words and the order stay.
    #[must_use]
    pub fn cleared(&self) -> Self {
        let mut cleared = self.clone();
        cleared.values.retain(|(name, _)| matches!(name.as_str(), "q" | "exact" | "sort"));
        cleared
    }

    /// Where its form goes to.
    #[must_use]
    pub fn action(&self) -> String {
        self.shelf.as_ref().map_or("/search".to_owned(), |path| format!("/category/{path}/"))
    }

    /// The address of this list.
    #[must_use]
    pub fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.values);
        match query.finish() {
            query if query.is_empty() => self.action(),
            query => format!("{}?{query}", self.action()),
        }
    }

    /// A parameter that was given twice though it can be given only once.
    pub(super) fn twice(&self) -> Option<&'static str> {
        self.twice
    }
}

/// One line without control characters; runs of space become one.
fn tidy(text: &str) -> String {
    let parts = text.split(|c: char| c.is_whitespace() || c.is_control());
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        Typed::from_pairs(&pairs.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn addresses_carry_the_search_on() {
        let wide = typed(&[("tag", "b"), ("option.Size", "L"), ("tag", "a"), ("tag", "b")]);
        assert_eq!(wide.address(), "/search?tag=a&tag=b&option.size=L");
        assert_eq!(wide.switched("tag", "a").address(), "/search?tag=b&option.size=L");
        let shelf = wide.clone().on_shelf("a/b");
        assert_eq!(shelf.cleared().address(), "/category/a/b/");
        assert_eq!(
            shelf.cleared().switched("in_stock", "1").address(),
            "/category/a/b/?in_stock=1"
        );
        let search = typed(&[("page", "3"), ("q", "a&b"), ("tag", "gift")]);
        assert_eq!(search.address(), "/search?q=a%26b&tag=gift&page=3");
        assert_eq!(search.with("tag", "").with("page", "").address(), "/search?q=a%26b");
        assert_eq!(Typed::default().address(), "/search");
    }
}

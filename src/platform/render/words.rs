//! The words of the shop: the built-in language, with whatever the shop's own file says
//! differently.
//!
//! What a language lacks is said in English. English refusals and names of countries stand in the
//! program, which tells them to other programs, too; a language words them anew in the sections
//! `problem.<name>` and `country`.

use serde::Serialize;
use serde_json::Value as Json;
use toml::{Table, Value};

use super::locale::{Locale, language_of};
use super::{FOLDER, Render, SiteMistake, Theme};
use crate::base::country::country_title;
use crate::base::fault::Doing;
use crate::base::{Currency, Fault, Money, Problem};
use crate::platform::content::{Complaints, Place, Tree, Wrong, locate, report};

/// Letters two names may differ in to be taken for one.
const SLIP_MAX: usize = 2;

/// All words of one language, by section and key.
#[derive(Default)]
pub(super) struct Words {
    pub(super) table: Table,
    /// What is odd about the shop's own files, one sentence each.
    pub(super) complaints: Vec<String>,
    odd: Option<SiteMistake>,
}

impl Render {
    /// What is odd about the shop's own words, each at its place, when anything is.
    #[must_use]
    pub fn odd_words(&self) -> Option<SiteMistake> {
        self.look.load().words.odd.clone()
    }
}

/// A refusal in the language of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What kind of thing happened.
    pub title: String,
    /// What happened this time.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Words {
    /// The words for a locale, those of the shop's own laid over the built-in ones.
    ///
    /// # Errors
    /// When a file is no TOML (a [`SiteMistake`]), or has a sentence where a section belongs.
    pub(super) fn read(theme: &Theme, locale: &str) -> Result<Self, Fault> {
        let mut words = Self::default();
        let language = language_of(locale);
        let mut languages = vec!["en"];
        if language != "en" {
            languages.push(language);
        }
        let (mut found, complaints, mut own_files) = (false, Complaints::new(), Vec::new());
        for language in languages {
            let file = format!("text/{language}.toml");
            let text = |bytes: Option<Vec<u8>>| Some(String::from_utf8_lossy(&bytes?).into_owned());
            let (shipped, own) = (text(theme.built_in(&file)), text(theme.own_bytes(&file)));
            found = shipped.is_some() || own.is_some();
            if let Some(text) = shipped {
                let layer = text.parse::<Table>().doing(&file)?;
                put(&mut words.table, layer);
            }
            if let Some(text) = own {
                let layer = text.parse::<Table>();
                let layer =
                    layer.map_err(|error| SiteMistake::of_words(&file, text.clone(), &error))?;
                let checked = Layer { file: &file, text: &text, complaints: &complaints };
                checked.put(&mut words.table, layer, "")?;
                own_files.push((file, text.into_bytes()));
            }
        }
        if !found {
            let file = format!("text/{language}.toml");
            let message = format!("there is no {file}, so the pages are worded in English");
            let wrong = Wrong::warning("words-missing", message);
            complaints
                .add(Place::start(file), wrong.hint("docs/languages.md says how to write one"));
        }
        words.odd = SiteMistake::of_several(complaints, Tree::from_files(own_files));
        let told = words.odd.iter().flat_map(|odd| {
            report::text(odd.told().0, FOLDER).lines().map(str::to_owned).collect::<Vec<_>>()
        });
        words.complaints = told.collect();
        Ok(words)
    }

    /// The words under a path such as `cart.title`.
    pub(super) fn get(&self, path: &str) -> Option<&str> {
        let mut steps = path.split('.');
        let first = self.table.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))?.as_str()
    }

    /// What a country is called.
    pub(super) fn country<'a>(&'a self, code: &'a str) -> &'a str {
        let named = self.table.get("country").and_then(|names| names.get(code)?.as_str());
        named.unwrap_or_else(|| country_title(code))
    }

    /// A refusal as this language words it, or as the program does.
    ///
    /// A sentence may have forms: `detail_<reason>` by the extra `reason`, `detail_none` and
    /// `detail_one` by the number in `available` or the seconds to wait.
    pub(super) fn told(
        &self,
        problem: &Problem,
        locale: &Locale,
        currency: Option<Currency>,
    ) -> Told {
        let own = self.table.get("problem").and_then(|problems| problems.get(problem.slug));
        let Some(own) = own.filter(|own| own.get("title").is_some()) else {
            let (title, detail) = (problem.title.to_owned(), problem.detail.clone());
            return Told { title, detail, hint: problem.hint.clone() };
        };
        let extra = |name: &str| problem.extras.get(name);
        let number = problem.retry_after_s.map(i64::from);
        let number = number.or_else(|| extra("available").and_then(Json::as_i64));
        let form = match (extra("reason").and_then(Json::as_str), number) {
            (Some(reason), _) => reason,
            (None, Some(0)) => "none",
            (None, Some(1)) => "one",
            (None, _) => "",
        };
        let value = |name: &str| match (name, problem.retry_after_s) {
            ("seconds", Some(seconds)) => Some(seconds.to_string()),
            _ => extra(name).and_then(|value| written(name, value, locale, currency)),
        };
        // A sentence whose names have no value is better said in English.
        let sentence = |key: &str| {
            let special = own.get(format!("{key}_{form}"));
            let words = special.or_else(|| own.get(key)).and_then(Value::as_str)?;
            names_in(words).iter().all(|name| value(name).is_some()).then(|| fill(words, value))
        };
        Told {
            title: sentence("title").unwrap_or_else(|| problem.title.to_owned()),
            detail: sentence("detail").unwrap_or_else(|| problem.detail.clone()),
            hint: sentence("hint"),
        }
    }
}

/// An extra of a refusal as people read it: amounts are named `…_minor`.
fn written(
    name: &str,
    value: &Json,
    locale: &Locale,
    currency: Option<Currency>,
) -> Option<String> {
    match (value, value.as_i64(), currency) {
        (Json::String(text), _, _) => Some(text.clone()),
        (_, Some(minor), Some(currency)) if name.ends_with("_minor") => {
            Some(locale.money(Money::new(minor, currency)))
        }
        (_, Some(number), _) => Some(locale.count(number)),
        _ => None,
    }
}

/// Puts values in place of `{names}`; a name without a value stays as it is.
pub(super) fn fill(sentence: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some((before, name, after)) = next_name(rest) {
        out.push_str(before);
        match value(name) {
            Some(text) => out.push_str(&text),
            None => out.extend(["{", name, "}"]),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The first `{name}`, with what stands before and after it.
fn next_name(sentence: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = sentence.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn names_in(sentence: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = sentence;
    while let Some((_, name, after)) = next_name(rest) {
        names.push(name);
        rest = after;
    }
    names
}

/// Lays a language over another, key by key.
fn put(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(inside)), Value::Table(value)) => put(inside, value),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// A file of the shop's own, whose slips are told.
struct Layer<'a> {
    file: &'a str,
    text: &'a str,
    complaints: &'a Complaints,
}

impl Layer<'_> {
    fn put(&self, under: &mut Table, over: Table, section: &str) -> Result<(), Fault> {
        for (key, value) in over {
            let path = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
            match (under.get_mut(&key), value) {
                (Some(Value::Table(inside)), Value::Table(value)) => {
                    self.put(inside, value, &path)?;
                }
                (Some(Value::String(known)), Value::String(words)) => {
                    let stranger =
                        names_in(&words).into_iter().find(|name| !names_in(known).contains(name));
                    if let Some(name) = stranger {
                        let why = format!("nothing is ever put in place of {{{name}}}");
                        let known = names_in(known);
                        let hint = match known.first() {
                            Some(_) => format!("write {{{}}}, or leave it out", known.join("}, {")),
                            None => "leave it out".to_owned(),
                        };
                        self.complain("words-stranger", &path, &why, hint);
                    }
                    *known = words;
                }
                (Some(known), _) => {
                    let kind = if known.is_table() { "a section" } else { "a sentence in quotes" };
                    let place = self.place(&path);
                    return Err(Fault::new(format!("{place}: `{path}` must be {kind}")));
                }
                (None, value) => {
                    // A section of its own is for templates of its own.
                    let free = section.is_empty() && value.is_table()
                        || section == "country"
                        || section.starts_with("problem");
                    if !free {
                        let near = |known: &&String| strsim::levenshtein(known, &key) <= SLIP_MAX;
                        let hint = match under.keys().find(near) {
                            Some(known) => format!("write `{known}`"),
                            None => "remove it".to_owned(),
                        };
                        self.complain("words-unread", &path, "nothing reads this", hint);
                    }
                    under.insert(key, value);
                }
            }
        }
        Ok(())
    }

    fn complain(&self, code: &'static str, path: &str, why: &str, hint: String) {
        let place = Place { file: self.file.to_owned(), span: locate(self.text, path) };
        let wrong = Wrong::warning(code, format!("`{path}`: {why}"));
        self.complaints.add(place, wrong.hint(hint));
    }

    /// `site/text/de.toml:12:8`, as editors open it.
    fn place(&self, path: &str) -> String {
        let start = locate(self.text, path).start;
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("site/{}:{line}:{column}", self.file)
    }
}

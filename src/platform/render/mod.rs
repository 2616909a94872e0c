//! Pages from templates: MiniJinja over the built-in `site/`, overridden file by file by the
//! shop's own `site/` folder.
//!
//! What every template sees (the shop's name, menus, words) is set once for each edition with
//! [`Render::fresh`].

mod assets;
mod filters;
mod locale;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::base::fault::Doing;
use crate::base::{Currency, Fault, Problem};
use filters::Formats;
use words::Words;

pub use assets::{Asset, Assets, content_type};
pub use locale::Locale;
pub use words::Told;

/// The built-in look.
#[derive(rust_embed::Embed)]
#[folder = "site/"]
struct Site;

/// Templates and assets, ready. Clones share them.
#[derive(Clone)]
pub struct Render {
    own: PathBuf,
    strict: bool,
    made: Arc<ArcSwap<Made>>,
    assets: Arc<ArcSwap<Assets>>,
}

/// Templates, and what they write with.
struct Made {
    environment: Environment<'static>,
    words: Arc<Words>,
    formats: Formats,
}

impl Render {
    /// Reads templates and assets; `own` is the shop's folder of overrides (it need not exist).
    ///
    /// # Errors
    /// When an asset cannot be read.
    pub fn open(own: &Path) -> Result<Self, Fault> {
        let assets = Arc::new(Assets::read(own)?);
        let made = make(own, false, &assets, Words::default(), "en", Vec::new());
        Ok(Self {
            own: own.to_owned(),
            strict: false,
            made: Arc::new(ArcSwap::from_pointee(made)),
            assets: Arc::new(ArcSwap::new(assets)),
        })
    }

    /// Whether a template may name what is not there. Strict ones fail, with file and line: for
    /// development, where somebody looks; readers are better served by a page with a gap.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Templates and assets read anew, with what every template sees. Nothing is in force until
    /// [`Render::adopt`] takes it over, so a broken template never reaches a reader.
    ///
    /// # Errors
    /// When an asset or the words of the language cannot be read.
    pub fn fresh(&self, locale: &str, globals: Vec<(&str, Value)>) -> Result<Self, Fault> {
        let assets = Arc::new(Assets::read(&self.own)?);
        let words = Words::read(&self.own, locale)?;
        let made = make(&self.own, self.strict, &assets, words, locale, globals);
        for complaint in &made.words.complaints {
            tracing::warn!("{complaint}");
        }
        // Pages made on request and letters are not drawn now; at least they must be readable.
        let is_template = |name: &str| !name.starts_with("assets/") && !name.ends_with(".toml");
        for name in Site::iter().filter(|name| is_template(name)) {
            let found = made.environment.get_template(&name);
            found.map_err(|e| Fault::new(format!("{name}: {e:#}")))?;
        }
        Ok(Self {
            own: self.own.clone(),
            strict: self.strict,
            made: Arc::new(ArcSwap::from_pointee(made)),
            assets: Arc::new(ArcSwap::new(assets)),
        })
    }

    /// Puts another's templates and assets in force, for everybody who shares this.
    pub fn adopt(&self, other: &Self) {
        self.assets.store(other.assets.load_full());
        self.made.store(other.made.load_full());
    }

    /// Renders a template, such as `store/product.html`.
    ///
    /// # Errors
    /// When the template is missing or wrong; the message names file and line.
    pub fn page(&self, template: &str, context: impl Serialize) -> Result<String, Fault> {
        let made = self.made.load();
        let context = Value::from(Serde(context));
        // An order keeps the currency it was made in, whatever the shop sells in now.
        let other = context.get_attr("currency").ok();
        let other = other.and_then(|code| Currency::parse(code.as_str()?));
        let other = other.filter(|other| made.formats.currency != Some(*other));
        let special = other.map(|currency| {
            let mut environment = made.environment.clone();
            let formats = Formats { currency: Some(currency), ..made.formats.clone() };
            filters::add_money(&mut environment, &formats);
            environment
        });
        let environment = special.as_ref().unwrap_or(&made.environment);
        let found = environment.get_template(template).doing(template)?;
        found.render(context).map_err(|e| Fault::new(format!("{template}: {e:#}")))
    }

    /// The words under a path such as `cart.title`; the path itself when there are none.
    #[must_use]
    pub fn word(&self, path: &str) -> String {
        self.find_word(path).unwrap_or_else(|| path.to_owned())
    }

    /// The words under a path, when there are any.
    #[must_use]
    pub fn find_word(&self, path: &str) -> Option<String> {
        self.made.load().words.get(path).map(str::to_owned)
    }

    /// What a country is called in the shop's language.
    #[must_use]
    pub fn country(&self, code: &str) -> String {
        self.made.load().words.country(code).to_owned()
    }

    /// A refusal in the shop's language, for pages; programs are told in English.
    #[must_use]
    pub fn told(&self, problem: &Problem) -> Told {
        let made = self.made.load();
        made.words.told(problem, made.formats.locale, made.formats.currency)
    }

    /// What is odd about the shop's own words, one sentence each with its place.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.made.load().words.complaints.clone()
    }

    /// The assets as they stand.
    #[must_use]
    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }
}

/// A file of the site: the shop's own when it has one, else the built-in.
fn read_bytes(own: &Path, name: &str) -> Option<Vec<u8>> {
    if name.split('/').any(|part| part == ".." || part.is_empty()) {
        return None;
    }
    std::fs::read(own.join(name)).ok().or_else(|| Site::get(name).map(|f| f.data.into_owned()))
}

fn read_text(own: &Path, name: &str) -> Option<String> {
    String::from_utf8(read_bytes(own, name)?).ok()
}

/// A text of the built-in look.
fn built_in_text(name: &str) -> Option<String> {
    String::from_utf8(Site::get(name)?.data.into_owned()).ok()
}

/// A text of the shop's own.
fn own_text(own: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(own.join(name)).ok()
}

/// How the shop writes, by its locale and the globals `currency` and `timezone`.
fn formats(locale: &str, globals: &[(&str, Value)]) -> Formats {
    let global = |wanted: &str| {
        let (_, value) = globals.iter().find(|(name, _)| *name == wanted)?;
        value.as_str()
    };
    let zone = global("timezone").and_then(|name| TimeZone::get(name).ok());
    Formats {
        locale: Locale::of(locale),
        currency: global("currency").and_then(Currency::parse),
        zone: zone.unwrap_or(TimeZone::UTC),
    }
}

fn make(
    own: &Path,
    strict: bool,
    assets: &Arc<Assets>,
    words: Words,
    locale: &str,
    globals: Vec<(&str, Value)>,
) -> Made {
    let formats = formats(locale, &globals);
    let words = Arc::new(words);
    let mut environment = environment(own, assets);
    if strict {
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    }
    filters::add(&mut environment, &formats, &words);
    environment.add_global("text", Value::from(Serde(&words.table)));
    // The script writes amounts as the pages do.
    let decimals = formats.currency.map_or(2, |currency| currency.exponent());
    let format = context! { locale => formats.locale.tag, decimals };
    environment.add_global("format", format);
    for (name, value) in globals {
        environment.add_global(name.to_owned(), value);
    }
    Made { environment, words, formats }
}

fn environment(own: &Path, assets: &Arc<Assets>) -> Environment<'static> {
    let mut environment = Environment::new();
    let own = own.to_owned();
    environment.set_loader(move |name| Ok(read_text(&own, name)));
    let tidy = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(tidy.unwrap_or_default());
    environment.set_formatter(filters::write_value);
    let assets = Arc::clone(assets);
    environment.add_function("asset", move |name: String| {
        assets.url(&name).ok_or_else(|| {
            let kind = minijinja::ErrorKind::InvalidOperation;
            minijinja::Error::new(kind, format!("there is no asset {name:?}"))
        })
    });
    environment
}

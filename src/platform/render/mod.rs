//! Pages from templates: MiniJinja over the built-in `site/`, overridden file by file by the
//! shop's own `site/` folder.
//!
//! What every template sees (the shop's name, menus, words) is set once for each edition with
//! [`Render::fresh`], and so is how money, dates and shares are written. Once in force, a template
//! of the shop's own that fails gives way to the built-in one.

mod assets;
mod days;
mod filters;
mod locale;
mod mistake;
mod theme;
pub mod tokens;
mod words;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, State, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::base::{Currency, Fault, Problem};
use filters::Formats;
use tokens::Tokens;
use words::Words;

pub use assets::{Asset, Assets, content_type};
pub use locale::Locale;
pub use mistake::{FOLDER, SiteMistake};
pub use theme::{Standing, Theme};
pub use words::Told;

/// The built-in look.
#[derive(rust_embed::Embed)]
#[folder = "site/"]
struct Site;

/// Templates and assets, ready. Clones share them.
#[derive(Clone)]
pub struct Render {
    theme: Theme,
    look: Arc<ArcSwap<Look>>,
    assets: Arc<ArcSwap<Assets>>,
    /// What is only so for this kind of rendering, such as a copy for a static host.
    extra: Vec<(&'static str, Value)>,
    strict: bool,
    is_forgiving: bool,
    /// Not in force yet: what fails is told, nothing stands in for it.
    is_tried: bool,
}

/// Steps that one page may take in a shop with templates of its own: a loop that does not end must
/// not hold up everything else. The largest built-in page takes a hundredth of it.
const FUEL: u64 = 20_000_000;

/// The templates as the shop has them, and the built-in ones for when those fail.
struct Look {
    shown: Environment<'static>,
    built_in: Option<Environment<'static>>,
    words: Arc<Words>,
    formats: Formats,
    /// Names exactly these templates, words and styles, and how they are used.
    digest: u64,
}

impl Render {
    /// Reads templates and assets; `own` is the shop's folder of overrides (it need not exist).
    ///
    /// # Errors
    /// When an asset cannot be read.
    pub fn open(own: &Path) -> Result<Self, Fault> {
        let theme = Theme::new(own);
        let assets = Arc::new(Assets::read(&theme)?);
        let words = Arc::new(Words::default());
        let formats = formats("en", &[]);
        let shown = Furniture { assets: &assets, words: &words, formats: &formats, seen: &[] };
        let shown = shown.environment(&theme, false);
        let look = Look { shown, built_in: None, words, formats, digest: 0 };
        Ok(Self {
            theme,
            look: Arc::new(ArcSwap::from_pointee(look)),
            assets: Arc::new(ArcSwap::new(assets)),
            extra: Vec::new(),
            strict: false,
            is_forgiving: false,
            is_tried: false,
        })
    }

    /// Whether a template may name what is not there. Strict ones fail, with file and line: for
    /// development, where somebody looks; readers are better served by a page with a gap.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The same, with something more that every template sees from the next [`Render::fresh`] on.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.extra.push((name, value.into()));
        self
    }

    /// The same, but templates that fail when tried out are taken, too: the built-in ones stand
    /// in for them. For a shop that has to open today.
    #[must_use]
    pub fn forgiving(mut self) -> Self {
        self.is_forgiving = true;
        self
    }

    /// Templates and assets read anew, with what every template sees. Nothing is in force until
    /// [`Render::adopt`] takes it over, so a broken template never reaches a reader: until then
    /// nothing built-in stands in for it.
    ///
    /// # Errors
    /// When an asset, a template or the words of the language cannot be read; a mistake in a file
    /// is a [`SiteMistake`].
    pub fn fresh(&self, locale: &str, globals: Vec<(&'static str, Value)>) -> Result<Self, Fault> {
        let assets = Arc::new(Assets::read(&self.theme)?);
        let words = match Words::read(&self.theme, locale) {
            Err(_) if self.is_forgiving => Words::read(&Theme::built_in_only(), locale)?,
            words => words?,
        };
        for complaint in &words.complaints {
            tracing::warn!("{complaint}");
        }
        let (words, formats) = (Arc::new(words), formats(locale, &globals));
        let brand = ("brand", Value::from(Serde(self.brand())));
        let seen = globals.into_iter().chain(self.extra.iter().cloned()).chain([brand]);
        let seen: Vec<_> = seen.collect();
        let furniture =
            Furniture { assets: &assets, words: &words, formats: &formats, seen: &seen };
        let shown = furniture.environment(&self.theme, self.strict);
        if !self.is_forgiving {
            // Pages made on request and letters are not drawn now; at least they must be readable.
            for name in self.theme.names().iter().filter(|name| is_template(name)) {
                let read = shown.get_template(name);
                read.map_err(|error| SiteMistake::of_template(&self.theme, name, &error))?;
            }
        }
        let stand_in = || furniture.environment(&Theme::built_in_only(), false);
        let built_in = self.theme.has_own().then(stand_in);
        let mut fresh = self.clone();
        fresh.is_tried = !self.is_forgiving;
        let digest = self.digest_of_files();
        let look = Look { shown, built_in, words, formats, digest };
        fresh.look = Arc::new(ArcSwap::from_pointee(look));
        fresh.assets = Arc::new(ArcSwap::new(assets));
        Ok(fresh)
    }

    /// The colours of the style sheet as it lies there now; the built-in ones where it names none.
    fn brand(&self) -> serde_json::Value {
        const STYLE: &str = "assets/css/shop.css";
        let read = |theme: &Theme| Tokens::read(&theme.text(STYLE).unwrap_or_default());
        tokens::brand(&read(&self.theme).or(&read(&Theme::built_in_only())))
    }

    /// Puts another's templates and assets in force, for everybody who shares this.
    pub fn adopt(&self, other: &Self) {
        self.assets.store(other.assets.load_full());
        self.look.store(other.look.load_full());
    }

    /// Renders a template, such as `store/product.html`. In force, one that fails is noted in the
    /// log, and the built-in one is rendered instead.
    ///
    /// # Errors
    /// When the template is missing or wrong: a [`SiteMistake`].
    pub fn page(&self, template: &str, context: impl Serialize) -> Result<String, Fault> {
        let (look, context) = (self.look.load(), Value::from(Serde(context)));
        let error = match look.draw(&look.shown, template, &context) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let mistake = SiteMistake::of_template(&self.theme, template, &error);
        if let Some(built_in) = look.built_in.as_ref().filter(|_| !self.is_tried)
            && let Ok(page) = look.draw(built_in, template, &context)
        {
            tracing::error!(template, %mistake, "the built-in template stands in");
            return Ok(page);
        }
        Err(mistake.into())
    }

    /// Names the templates, words and styles in force; another name, other pages.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.look.load().digest
    }

    /// Names them as they lie there now, in force or not.
    #[must_use]
    pub fn digest_of_files(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.strict, self.is_forgiving, format!("{:?}", self.extra)).hash(&mut hasher);
        for name in self.theme.names() {
            (&name, self.theme.bytes(&name)).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The words under a path such as `cart.title`; the path itself when there are none.
    #[must_use]
    pub fn word(&self, path: &str) -> String {
        self.find_word(path).unwrap_or_else(|| path.to_owned())
    }

    /// The words under a path, when there are any.
    #[must_use]
    pub fn find_word(&self, path: &str) -> Option<String> {
        self.look.load().words.get(path).map(str::to_owned)
    }

    /// What a country is called in the shop's language.
    #[must_use]
    pub fn country(&self, code: &str) -> String {
        self.look.load().words.country(code).to_owned()
    }

    /// A refusal in the shop's language, for pages; programs are told in English.
    #[must_use]
    pub fn told(&self, problem: &Problem) -> Told {
        let look = self.look.load();
        look.words.told(problem, look.formats.locale, look.formats.currency)
    }

    /// What is odd about the shop's own words, one sentence each with its place.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.look.load().words.complaints.clone()
    }

    /// The assets as they stand.
    #[must_use]
    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }
}

impl Look {
    fn draw(
        &self,
        environment: &Environment<'static>,
        template: &str,
        context: &Value,
    ) -> Result<String, minijinja::Error> {
        // An order keeps the currency it was made in, whatever the shop sells in now.
        let other = context.get_attr("currency").ok();
        let other = other.and_then(|code| Currency::parse(code.as_str()?));
        let Some(currency) = other.filter(|other| self.formats.currency != Some(*other)) else {
            return environment.get_template(template)?.render(context);
        };
        let mut environment = environment.clone();
        let formats = Formats { currency: Some(currency), ..self.formats.clone() };
        filters::add_money(&mut environment, &formats);
        environment.get_template(template)?.render(context)
    }
}

/// Whether a file of the site is meant for the template engine.
fn is_template(name: &str) -> bool {
    !name.starts_with("assets/") && [".html", ".txt", ".xml"].iter().any(|e| name.ends_with(e))
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

/// `kept(template, here)`: a part that looks the same on all pages, or on all but those it leads
/// to. It is drawn once for each `here` and sees nothing else of the page.
fn kept() -> impl Fn(&State, String, String) -> Result<Value, minijinja::Error> {
    let drawn: Mutex<HashMap<(String, String), Value>> = Mutex::default();
    move |state, template, here| {
        let key = (template, here);
        let known = drawn.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let part = state.env().get_template(&key.0)?.render(context! { here => &key.1 })?;
        let part = Value::from_safe_string(part);
        drawn.lock().unwrap_or_else(PoisonError::into_inner).insert(key, part.clone());
        Ok(part)
    }
}

/// What templates find when they look around.
struct Furniture<'a> {
    assets: &'a Arc<Assets>,
    words: &'a Arc<Words>,
    formats: &'a Formats,
    seen: &'a [(&'static str, Value)],
}

impl Furniture<'_> {
    fn environment(&self, theme: &Theme, strict: bool) -> Environment<'static> {
        let mut environment = Environment::new();
        // The built-in look ends by itself; counting costs time.
        environment.set_fuel(theme.has_own().then_some(FUEL));
        let theme = theme.clone();
        environment.set_loader(move |name| Ok(theme.text(name)));
        let tidy = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(tidy.unwrap_or_default());
        environment.set_formatter(filters::write_value);
        let assets = Arc::clone(self.assets);
        environment.add_function("asset", move |name: String| {
            assets.url(&name).ok_or_else(|| {
                let kind = minijinja::ErrorKind::InvalidOperation;
                minijinja::Error::new(kind, format!("there is no asset {name:?}"))
            })
        });
        environment.add_function("kept", kept());
        if strict {
            environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        }
        filters::add(&mut environment, self.formats, self.words);
        environment.add_global("text", Value::from(Serde(&self.words.table)));
        // The script writes amounts as the pages do.
        let decimals = self.formats.currency.map_or(2, |currency| currency.exponent());
        let format = context! { locale => self.formats.locale.tag, decimals };
        environment.add_global("format", format);
        for (name, value) in self.seen {
            environment.add_global((*name).to_owned(), value.clone());
        }
        environment
    }
}

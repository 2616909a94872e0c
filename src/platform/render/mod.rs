//! Pages from templates: MiniJinja over the built-in `site/`, overridden file by file by the
//! shop's own `site/` folder.
//!
//! What every template sees (the shop's name, menus, words) is set once for each edition with
//! [`Render::fresh`]. Templates are tried out before they are put in force; where one fails all
//! the same, as on a page made on request, the built-in one takes its place for that page.

mod assets;
mod filters;
mod mistake;
mod theme;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde::Serialize;

use crate::base::Fault;

pub use assets::{Asset, Assets, content_type};
pub use mistake::{FOLDER, SiteMistake};
pub use theme::{Standing, Theme};

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
    is_forgiving: bool,
    /// Not in force yet: what fails is told, nothing stands in for it.
    is_tried: bool,
}

/// The templates as the shop has them, and the built-in ones for when those fail.
struct Look {
    shown: Environment<'static>,
    built_in: Option<Environment<'static>>,
}

impl Render {
    /// Reads templates and assets; `own` is the shop's folder of overrides (it need not exist).
    ///
    /// # Errors
    /// When an asset cannot be read.
    pub fn open(own: &Path) -> Result<Self, Fault> {
        let theme = Theme::new(own);
        let assets = Arc::new(Assets::read(&theme)?);
        let shown = environment(&theme, &assets);
        Ok(Self {
            theme,
            look: Arc::new(ArcSwap::from_pointee(Look { shown, built_in: None })),
            assets: Arc::new(ArcSwap::new(assets)),
            extra: Vec::new(),
            is_forgiving: false,
            is_tried: false,
        })
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
    pub fn fresh(&self, language: &str, globals: Vec<(&str, Value)>) -> Result<Self, Fault> {
        let assets = Arc::new(Assets::read(&self.theme)?);
        let words = match words(&self.theme, language) {
            Err(_) if self.is_forgiving => words(&Theme::built_in_only(), language)?,
            words => words?,
        };
        let seen: Vec<_> = globals.into_iter().chain(self.extra.iter().cloned()).collect();
        let furnish = |theme: &Theme| {
            let mut environment = environment(theme, &assets);
            environment.add_global("text", words.clone());
            for (name, value) in &seen {
                environment.add_global((*name).to_owned(), value.clone());
            }
            environment
        };
        let shown = furnish(&self.theme);
        if !self.is_forgiving {
            // Pages made on request and letters are not drawn now; at least they must be readable.
            for name in self.theme.names().iter().filter(|name| is_template(name)) {
                let read = shown.get_template(name);
                read.map_err(|error| SiteMistake::of_template(&self.theme, name, &error))?;
            }
        }
        let built_in = self.theme.has_own().then(|| furnish(&Theme::built_in_only()));
        let mut fresh = self.clone();
        fresh.is_tried = !self.is_forgiving;
        fresh.look = Arc::new(ArcSwap::from_pointee(Look { shown, built_in }));
        fresh.assets = Arc::new(ArcSwap::new(assets));
        Ok(fresh)
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
        let error = match draw(&look.shown, template, &context) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let mistake = SiteMistake::of_template(&self.theme, template, &error);
        if let Some(built_in) = look.built_in.as_ref().filter(|_| !self.is_tried)
            && let Ok(page) = draw(built_in, template, &context)
        {
            tracing::error!(template, %mistake, "the built-in template stands in");
            return Ok(page);
        }
        Err(mistake.into())
    }

    /// The assets as they stand.
    #[must_use]
    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }
}

fn draw(
    environment: &Environment<'static>,
    template: &str,
    context: &Value,
) -> Result<String, minijinja::Error> {
    environment.get_template(template)?.render(context)
}

/// Whether a file of the site is meant for the template engine.
fn is_template(name: &str) -> bool {
    !name.starts_with("assets/") && [".html", ".txt", ".xml"].iter().any(|e| name.ends_with(e))
}

/// The words of the shop: English, over it the shop's language, over it the shop's own files, so
/// that an own file needs only the words it changes.
fn words(theme: &Theme, language: &str) -> Result<Value, Fault> {
    let short = language.split('-').next().unwrap_or("en");
    let mut words = toml::Table::new();
    for file in ["text/en.toml".to_owned(), format!("text/{short}.toml")] {
        for text in [theme.built_in(&file), theme.own_bytes(&file)].into_iter().flatten() {
            let text = String::from_utf8_lossy(&text).into_owned();
            match text.parse() {
                Ok(table) => lay_over(&mut words, table),
                Err(error) => return Err(SiteMistake::of_words(&file, text, &error).into()),
            }
        }
    }
    Ok(Value::from(Serde(words)))
}

fn lay_over(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn environment(theme: &Theme, assets: &Arc<Assets>) -> Environment<'static> {
    let mut environment = Environment::new();
    let theme = theme.clone();
    environment.set_loader(move |name| Ok(theme.text(name)));
    let tidy = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(tidy.unwrap_or_default());
    environment.set_formatter(filters::write_value);
    filters::add(&mut environment);
    let assets = Arc::clone(assets);
    environment.add_function("asset", move |name: String| {
        assets.url(&name).ok_or_else(|| {
            let kind = minijinja::ErrorKind::InvalidOperation;
            minijinja::Error::new(kind, format!("there is no asset {name:?}"))
        })
    });
    environment
}

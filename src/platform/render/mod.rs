//! Pages from templates: MiniJinja over the built-in `site/`, overridden file by file by the
//! shop's own `site/` folder.
//!
//! What every template sees (the shop's name, menus, words) is set once for each edition with
//! [`Render::fresh`].

mod assets;
mod filters;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde::Serialize;

use crate::base::Fault;
use crate::base::fault::Doing;

pub use assets::{Asset, Assets, content_type};

/// The built-in look.
#[derive(rust_embed::Embed)]
#[folder = "site/"]
struct Site;

/// Templates and assets, ready. Clones share them.
#[derive(Clone)]
pub struct Render {
    own: PathBuf,
    environment: Arc<ArcSwap<Environment<'static>>>,
    assets: Arc<ArcSwap<Assets>>,
}

impl Render {
    /// Reads templates and assets; `own` is the shop's folder of overrides (it need not exist).
    ///
    /// # Errors
    /// When an asset cannot be read.
    pub fn open(own: &Path) -> Result<Self, Fault> {
        let assets = Arc::new(Assets::read(own)?);
        let environment = environment(own, &assets);
        Ok(Self {
            own: own.to_owned(),
            environment: Arc::new(ArcSwap::from_pointee(environment)),
            assets: Arc::new(ArcSwap::new(assets)),
        })
    }

    /// Templates and assets read anew, with what every template sees. Nothing is in force until
    /// [`Render::adopt`] takes it over, so a broken template never reaches a reader.
    ///
    /// # Errors
    /// When an asset or the words of the language cannot be read.
    pub fn fresh(&self, language: &str, globals: Vec<(&str, Value)>) -> Result<Self, Fault> {
        let assets = Arc::new(Assets::read(&self.own)?);
        let mut environment = environment(&self.own, &assets);
        environment.add_global("text", self.words(language)?);
        for (name, value) in globals {
            environment.add_global(name.to_owned(), value);
        }
        // Pages made on request and letters are not drawn now; at least they must be readable.
        let is_template = |name: &str| !name.starts_with("assets/") && !name.ends_with(".toml");
        for name in Site::iter().filter(|name| is_template(name)) {
            environment.get_template(&name).map_err(|e| Fault::new(format!("{name}: {e:#}")))?;
        }
        Ok(Self {
            own: self.own.clone(),
            environment: Arc::new(ArcSwap::from_pointee(environment)),
            assets: Arc::new(ArcSwap::new(assets)),
        })
    }

    /// Puts another's templates and assets in force, for everybody who shares this.
    pub fn adopt(&self, other: &Self) {
        self.assets.store(other.assets.load_full());
        self.environment.store(other.environment.load_full());
    }

    /// Renders a template, such as `store/product.html`.
    ///
    /// # Errors
    /// When the template is missing or wrong; the message names file and line.
    pub fn page(&self, template: &str, context: impl Serialize) -> Result<String, Fault> {
        let environment = self.environment.load();
        let found = environment.get_template(template).doing(template)?;
        found.render(Serde(context)).map_err(|e| Fault::new(format!("{template}: {e:#}")))
    }

    /// The assets as they stand.
    #[must_use]
    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }

    fn words(&self, language: &str) -> Result<Value, Fault> {
        let short = language.split('-').next().unwrap_or("en");
        let named = read_text(&self.own, &format!("text/{short}.toml"));
        let text = named.or_else(|| read_text(&self.own, "text/en.toml"));
        let text = text.ok_or_else(|| Fault::new("site/text/en.toml is missing"))?;
        let table: toml::Table = text.parse().doing("reading the words of the shop")?;
        Ok(Value::from(Serde(table)))
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

fn environment(own: &Path, assets: &Arc<Assets>) -> Environment<'static> {
    let mut environment = Environment::new();
    let own = own.to_owned();
    environment.set_loader(move |name| Ok(read_text(&own, name)));
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

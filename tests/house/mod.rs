//! A whole shop inside a test: real database, real HTTP on a port of its own, a clock that
//! stands still until the test moves it, and randomness from one number.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test binary uses another part of the house"
)]

mod browser;
mod desk;
mod edited;
mod fake_provider;
mod neighbour;
mod post_office;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kiosk::app::{self, App, Door, World, open_kit};
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::Sku;
use kiosk::base::{Clock, Instant, Randomness};
use kiosk::payments::Provider;
use kiosk::platform::Kit;
use kiosk::platform::config::{Overrides, Settings};
use kiosk::platform::jobs::work_off;
use kiosk::pricing;
use kiosk::stock::{self, Level};
use kiosk::storefront::Kept;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

pub use browser::{Answer, Browser, checkout_fields};
pub use desk::PASSWORD;
pub use edited::{Edited, copy};
pub use fake_provider::FakeProvider;
pub use neighbour::{Heard, Neighbour};
pub use post_office::{Manner, PostOffice};

/// Every test begins at this moment: Tuesday 24 November 2026, 10:00 in London.
pub const START: Instant = Instant(1_795_514_400_000);

/// How a test shop is set up.
#[derive(Default)]
pub struct Setup {
    /// Content folder; the base shop of three products when absent.
    pub content: Option<PathBuf>,
    /// Settings that differ from the defaults.
    pub settings: Vec<(&'static str, String)>,
    /// Who takes the money; the simulator when absent.
    pub provider: Option<Arc<dyn Provider>>,
    /// Uses this data folder instead of a fresh one.
    pub data: Option<PathBuf>,
}

/// A running shop. Dropping it closes it.
pub struct TestShop {
    pub app: App,
    pub kit: Kit,
    pub clock: Clock,
    /// `http://127.0.0.1:<port>`
    pub base: String,
    pub dir: TempDir,
    /// The pages of the run before were still true.
    pub kept_was_true: bool,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
}

/// A path below the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The shop of three products: 999.99, 29.99, 79.99.
pub fn base_content() -> PathBuf {
    repository("tests/fixtures/base_content")
}

/// The demonstration shop.
pub fn demo_content() -> PathBuf {
    repository("content")
}

impl TestShop {
    /// The base shop on the simulator.
    pub fn open() -> Self {
        Self::with(Setup::default())
    }

    /// The demonstration shop on the simulator.
    pub fn demo() -> Self {
        Self::with(Setup { content: Some(demo_content()), ..Setup::default() })
    }

    pub fn with(setup: Setup) -> Self {
        let dir = TempDir::new().unwrap();
        let content = setup.content.unwrap_or_else(base_content);
        let data = setup.data.unwrap_or_else(|| dir.path().join("data"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap();
        let here = "127.0.0.1:0".parse().unwrap();
        let (listener, address) = runtime.block_on(app::listen(here)).unwrap();
        let mut overrides = Overrides::new();
        for key in ["limits", "backups"] {
            overrides.insert(key.to_owned(), "off".to_owned());
        }
        for (key, value) in setup.settings {
            overrides.insert(key.to_owned(), value);
        }
        overrides.insert("content_dir".to_owned(), content.display().to_string());
        overrides.insert("data_dir".to_owned(), data.display().to_string());
        overrides.insert("site_dir".to_owned(), dir.path().join("site").display().to_string());
        overrides.insert("listen".to_owned(), address.to_string());
        let settings = Settings::resolve(None, Vec::new(), &overrides).unwrap();
        let clock = Clock::fixed(START);
        let random = Randomness::seeded(7);
        let world = World { clock: clock.clone(), random, provider: setup.provider };
        let loaded = pricing::load(&content).unwrap();
        let book = loaded.book.unwrap_or_else(|| panic!("{:?}", loaded.complaints));
        let kit = open_kit(settings, &world).unwrap();
        let kept = Kept::open(&kit);
        let kept_was_true = kept.is_true();
        let door = {
            let _inside = runtime.enter();
            Door::answer(&kit, listener, &kept).unwrap()
        };
        let app = App::assemble(kit.clone(), book, kept, &world).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = app.clone();
        runtime.spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serving.serve(door, stopped).await.unwrap();
        });
        let base = format!("http://{address}");
        Self { app, kit, clock, base, dir, runtime, stop: Some(stop), kept_was_true }
    }

    /// A visitor with an empty cookie jar.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// Runs every background job until none finds anything to do. Nothing runs by itself.
    pub fn work_off(&self) {
        // A job may make work for another (a payment makes a letter), so go round until it is calm.
        for _ in 0..4 {
            for job in self.app.jobs() {
                self.runtime.block_on(work_off(&job)).unwrap();
            }
        }
    }

    /// Runs something async of the shop.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Moves the clock forward.
    pub fn advance_s(&self, seconds: i64) {
        self.clock.advance_s(seconds);
    }

    /// What is there of a SKU.
    pub fn level(&self, sku: &str) -> Level {
        let sku = Sku::parse(sku).unwrap();
        let levels = self
            .kit
            .db
            .read_blocking(|read| Ok::<_, Failure<Never>>(stock::levels_of(read, [&sku])?));
        levels.unwrap().remove(&sku).unwrap_or_else(|| panic!("no level of {sku}"))
    }

    /// Sets a SKU's level by counting.
    pub fn set_stock(&self, sku: &str, units: u32) {
        let (sku, now) = (Sku::parse(sku).unwrap(), self.kit.now());
        let catalog = Arc::clone(&self.app.shelf.books.now().catalog);
        let counted = self
            .kit
            .db
            .write_blocking(move |tx| stock::count(tx, &catalog, &sku, units, (None, "test"), now));
        counted.unwrap();
    }

    /// Until everything that is to be written so far is written, also what nobody waits for.
    pub fn all_written(&self) {
        let nothing = |_: &kiosk::platform::db::Tx| Ok::<_, Failure<Never>>(());
        self.kit.db.write_blocking(nothing).unwrap();
    }

    /// One number from the database.
    pub fn number(&self, sql: &str) -> i64 {
        let asked = self.kit.db.read_blocking(|read| {
            Ok::<_, Failure<Never>>(read.query_row(sql, [], |row| row.get(0))?)
        });
        asked.unwrap()
    }

    /// One text from the database; empty when there is no row.
    pub fn text(&self, sql: &str) -> String {
        let asked = self.kit.db.read_blocking(|read| {
            let mut statement = read.prepare(sql)?;
            let mut rows = statement.query([])?;
            let first = rows.next()?.map(|row| row.get::<_, String>(0)).transpose()?;
            Ok::<_, Failure<Never>>(first.unwrap_or_default())
        });
        asked.unwrap()
    }

    /// Every invariant holds.
    #[track_caller]
    pub fn assert_audit(&self) {
        let findings =
            self.kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(app::audit(read)?)).unwrap();
        let broken: Vec<_> = findings.iter().filter(|f| !f.broken.is_empty()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

impl Drop for TestShop {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

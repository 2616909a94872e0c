//! The real rooms on a real database, opened in a moment: what all shops share is made once, and
//! each begins with a copy of one database file.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use kiosk::app::{World, open_kit};
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::Sku;
use kiosk::base::{Clock, Fault, Randomness};
use kiosk::catalog::Catalog;
use kiosk::payments::{Provider, Till};
use kiosk::platform::Kit;
use kiosk::platform::certificate::Watch;
use kiosk::platform::config::{Overrides, Settings};
use kiosk::platform::db::{Db, Read, Tx};
use kiosk::platform::jobs::{Bell, Found, Job};
use kiosk::platform::mail::{self, Transport};
use kiosk::platform::web::Router;
use kiosk::pricing::{self, Book, Books};
use kiosk::stock::{self, Opening};
use kiosk::storefront::{Kept, Shelf};
use kiosk::{cart, checkout, identity, orders, payments};
use tempfile::TempDir;

use crate::house::{Edited, START, base_content};

/// Everything on the shelf, and how many there are at first: few, so that buyers meet.
pub const SHELF: [(&str, u32); 4] = [("APRON-L", 3), ("APRON-S", 5), ("GLAZE-6", 8), ("KILN-1", 3)];
/// Steps of a job in a row.
const JOB_STEPS_MAX: u32 = 500;

const FEW: &str = r#"
title   = "Ten pounds off for the first two"
trigger = "code"
codes   = ["FEW"]
stage   = "order"

[effect]
type   = "amount_off_order"
amount = "10.00"

[limits]
total = 2
per_customer = 1
"#;

/// What all shops of a run share.
pub struct Land {
    kit: Kit,
    image: Vec<u8>,
    /// Contents an editor may put in force; the first is in force when a shop opens.
    pub books: Vec<Arc<Book>>,
    _dir: TempDir,
}

/// A folder in memory where there is one.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

fn book(content: &Edited) -> Arc<Book> {
    let loaded = pricing::load(content.path()).unwrap();
    Arc::new(loaded.book.unwrap_or_else(|| panic!("{:?}", loaded.complaints)))
}

fn books() -> Vec<Arc<Book>> {
    let was = ("[\"SMOCK-L\"]", "[\"SMOCK-L\", \"TABARD-L\"]");
    let base = || {
        Edited::of(&base_content()).write("promotions/few.toml", FEW).replace(
            "products/apron.toml",
            was.0,
            was.1,
        )
    };
    vec![
        book(&base()),
        book(&base().replace("products/apron.toml", "29.99", "34.50")),
        book(&base().remove("promotions/few.toml")),
        book(&base().write("promotions/few.toml", &FEW.replace("10.00", "7.77"))),
        book(
            &base()
                .replace("products/apron.toml", was.1, "[\"SMOCK-L\", \"OLD\"]")
                .replace("products/apron.toml", "\"APRON-L\"", "\"TABARD-L\"")
                .replace("products/apron.toml", "\"OLD\"", "\"APRON-L\""),
        ),
        book(&base().replace("shipping.toml", "4.99", "0.00")),
    ]
}

impl Land {
    fn make() -> Self {
        let dir = folder();
        let mut overrides = Overrides::new();
        for (key, value) in [("limits", "off"), ("hold", "15m")] {
            overrides.insert(key.to_owned(), value.to_owned());
        }
        for (key, path) in [("content_dir", "content"), ("data_dir", "data"), ("site_dir", "site")]
        {
            overrides.insert(key.to_owned(), dir.path().join(path).display().to_string());
        }
        let settings = Settings::resolve(None, Vec::new(), &overrides).unwrap();
        let world =
            World { clock: Clock::fixed(START), random: Randomness::seeded(7), provider: None };
        let kit = open_kit(settings, &world).unwrap();
        let books = books();
        let first = Arc::clone(&books[0]);
        // Gives the letters their words, and notes every SKU.
        Shelf::open(&kit, Arc::clone(&first), Kept::open(&kit)).unwrap();
        let opened = kit.db.write_blocking(move |tx| {
            for (sku, units) in SHELF {
                let sku = Sku::parse(sku).unwrap();
                stock::count(tx, &first.catalog, &sku, units, (None, "test"), START).unwrap();
            }
            Ok::<_, Failure<Never>>(())
        });
        opened.unwrap();
        let copy = dir.path().join("image.db");
        let sql = format!("VACUUM INTO '{}'", copy.display());
        rusqlite::Connection::open(kit.db.path()).unwrap().execute(&sql, []).unwrap();
        Self { kit, image: fs::read(copy).unwrap(), books, _dir: dir }
    }

    /// The one of this process.
    pub fn get() -> &'static Self {
        static LAND: OnceLock<Land> = OnceLock::new();
        LAND.get_or_init(Self::make)
    }

    /// A data folder as a fresh shop has it.
    pub fn data(&self) -> TempDir {
        let dir = folder();
        fs::write(dir.path().join("kiosk.db"), &self.image).unwrap();
        dir
    }
}

/// Notes the SKUs of a catalog, as putting it in force does.
pub fn open_shelf(tx: &Tx, catalog: &Catalog) -> Result<(), Failure<Never>> {
    let variants = catalog.products.values().flat_map(|product| &product.variants);
    let openings: Vec<Opening> = variants
        .map(|variant| Opening {
            sku: variant.sku.clone(),
            was: variant.sku_was.clone(),
            opening: variant.opening,
            low: variant.low.unwrap_or(catalog.shop.stock_low),
        })
        .collect();
    stock::open_new(tx, &openings, START)?;
    Ok(())
}

/// The world around a shop, which outlives its power cuts.
#[derive(Clone)]
pub struct Around {
    pub clock: Clock,
    pub random: Randomness,
    pub provider: Arc<dyn Provider>,
}

/// A shop that is open.
pub struct Shop {
    dir: TempDir,
    pub kit: Kit,
    pub till: Till,
    pub router: Arc<Router>,
    /// Everything behind requests but the post.
    pub jobs: Vec<Job>,
    /// Sends letters, and tries to where nothing can be sent.
    pub postmen: [Vec<Job>; 2],
    /// After how many commits its books were proved last.
    pub proved: Cell<Option<u64>>,
}

impl Shop {
    /// Opens on a data folder that may have a past.
    pub fn open(dir: TempDir, around: &Around, book: Arc<Book>) -> Self {
        let kit = Kit {
            db: Db::open(dir.path()).expect("the database opens"),
            clock: around.clock.clone(),
            random: around.random.clone(),
            bell: Bell::default(),
            certificate: Watch::default(),
            ..Land::get().kit.clone()
        };
        let books = Books::new(book);
        let provider = Arc::clone(&around.provider);
        let till = Till { kit: kit.clone(), books: books.clone(), provider };
        let routes = orders::routes(&kit)
            .and(cart::routes(&kit, &books))
            .and(payments::routes(&till))
            .and(checkout::routes(&till));
        let mut jobs = identity::jobs(&kit, &identity::Presence::default());
        jobs.extend(cart::jobs(&kit, &books));
        jobs.extend(payments::jobs(&till));
        let postmen = ["mail", "nowhere/at/all"]
            .map(|folder| mail::jobs(&kit, &Transport::Files(dir.path().join(folder))));
        fs::create_dir_all(dir.path().join("mail")).unwrap();
        let (router, proved) = (Arc::new(routes.finish().unwrap()), Cell::new(None));
        Self { dir, kit, till, router, jobs, postmen, proved }
    }

    /// What lies on disk at this moment, as another folder.
    pub fn image(&self) -> TempDir {
        let copy = folder();
        // The log first: what is folded from it into the file meanwhile is in both.
        for name in ["kiosk.db-wal", "kiosk.db"] {
            let from = self.dir.path().join(name);
            if from.exists() {
                fs::copy(from, copy.path().join(name)).unwrap();
            }
        }
        copy
    }

    pub fn read<T>(&self, work: impl FnOnce(&Read) -> T) -> T {
        self.kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(work(read))).unwrap()
    }
}

/// Each job in turn until it finds nothing, so that the same seed is the same story; what failed.
pub async fn work_off(jobs: Vec<Job>) -> Vec<(String, Fault)> {
    let mut failed = Vec::new();
    for job in &jobs {
        for _ in 0..JOB_STEPS_MAX {
            match (job.step)().await {
                Ok(Found::Work) => {}
                Ok(Found::Nothing) => break,
                Err(fault) => {
                    failed.push((job.name.clone(), fault));
                    break;
                }
            }
        }
    }
    failed
}

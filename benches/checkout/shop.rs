//! The whole program without HTTP: the same calls that the checkout's door makes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use kiosk::app::{App, World, open_kit};
use kiosk::base::Failure;
use kiosk::base::ids::{Sku, Token};
use kiosk::checkout::{Begun, Refusal, Seen, Submission, begin};
use kiosk::payments::signature;
use kiosk::platform::Kit;
use kiosk::platform::config::{Overrides, Settings};
use kiosk::pricing::{self, Item};
use kiosk::stock::Reason;
use kiosk::storefront::Kept;
use kiosk::{cart, identity, payments, stock};
use tokio::runtime::Runtime;

use crate::{CLIENTS, ROUND};

/// What everybody buys.
pub(crate) const GOODS: [&str; 3] = ["KILN-1", "GLAZE-6", "APRON-S"];

/// What it costs, minor units; known after the first checkout.
static TOTAL: AtomicI64 = AtomicI64::new(0);

/// A shop in this process.
pub(crate) struct Shop {
    pub kit: Kit,
    app: App,
    runtime: Runtime,
    buyers: Arc<AtomicU64>,
}

/// A checkout as sent, of the buyer with this number.
pub(crate) fn submission(buyer: u64) -> serde_json::Value {
    serde_json::json!({
        "email": format!("buyer{buyer}@example.com"), "name": "Ada Lovelace",
        "line1": "1 High Street", "city": "Bath", "postcode": "BA1 1AA", "country": "GB",
        "quote_total": TOTAL.load(Relaxed),
        "lines": GOODS.map(|sku| serde_json::json!({ "sku": sku, "qty": 1 })),
    })
}

impl Shop {
    pub(crate) fn open(data: &Path) -> Self {
        let mut overrides = Overrides::new();
        let mut set = |key: &str, value: String| overrides.insert(key.to_owned(), value);
        set("limits", "off".to_owned());
        set("content_dir", crate::content().display().to_string());
        set("data_dir", data.display().to_string());
        let settings = Settings::resolve(None, Vec::new(), &overrides).unwrap();
        let world = World::default();
        let book = pricing::load(&crate::content()).unwrap().book.unwrap();
        let kit = open_kit(settings, &world).unwrap();
        let kept = Kept::open(&kit);
        let app = App::assemble(kit.clone(), book, kept, &world).unwrap();
        let runtime = Runtime::new().unwrap();
        let shop = Self { kit, app, runtime, buyers: Arc::default() };
        for sku in GOODS {
            let (catalog, now) = (Arc::clone(&shop.app.till.books.now().catalog), shop.kit.now());
            let sku = Sku::parse(sku).unwrap();
            let why = (Reason::Receive, None, "bench");
            let more = shop
                .kit
                .db
                .write_blocking(move |tx| stock::adjust(tx, &catalog, &sku, 1_000_000, why, now));
            more.unwrap();
        }
        shop
    }

    /// One checkout up to the address of its payment page.
    pub(crate) fn buy(&self) {
        let buyer = self.buyers.fetch_add(1, Relaxed);
        self.runtime.block_on(buy(self.app.clone(), buyer)).unwrap();
    }

    /// Checkouts in a second, by many buyers at once.
    pub(crate) fn round(&self) -> f64 {
        let begun = Instant::now();
        let tasks: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (app, buyers) = (self.app.clone(), Arc::clone(&self.buyers));
                self.runtime.spawn(async move {
                    let mut done = 0_u32;
                    while begun.elapsed() < ROUND {
                        buy(app.clone(), buyers.fetch_add(1, Relaxed)).await.unwrap();
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let done: u32 = self.runtime.block_on(async {
            let mut done = 0;
            for task in tasks {
                done += task.await.unwrap();
            }
            done
        });
        f64::from(done) / begun.elapsed().as_secs_f64()
    }

    /// Signed events about sessions that wait for their buyers: body and signature.
    pub(crate) fn hooks(&self, count: usize) -> Vec<(String, String)> {
        (0..count).for_each(|_| self.buy());
        let secret = self.app.till.provider.secrets().swap_remove(0);
        let sessions: Vec<(String, String)> = self
            .kit
            .db
            .read_blocking(|read| {
                let sql = "SELECT session_id, order_id FROM payment";
                let mut statement = read.prepare(sql)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok::<_, Failure<Refusal>>(rows.collect::<Result<_, _>>()?)
            })
            .unwrap();
        let event = |(n, (session, order)): (usize, (String, String))| {
            let body = serde_json::json!({
                "id": format!("evt_{n}"), "type": "checkout.session.completed",
                "data": { "object": { "id": session, "metadata": { "order": order } } },
                "filling": "x".repeat(5000),
            });
            let body = body.to_string();
            let signature = signature::sign(&secret, body.as_bytes(), self.kit.now());
            (body, signature)
        };
        sessions.into_iter().enumerate().map(event).collect()
    }
}

/// What `POST /api/checkout` does, without the request.
async fn buy(app: App, buyer: u64) -> Result<String, Failure<Refusal>> {
    let (till, book, now) = (app.till.clone(), app.till.books.now(), app.kit.now());
    let submission: Submission = serde_json::from_value(submission(buyer)).unwrap();
    let parsed = submission.parse(&book).unwrap();
    let wanted = GOODS.map(|sku| (Item::Sku(Sku::parse(sku).unwrap()), 1)).to_vec();
    let token = Token::new(&app.kit.random);
    let seen = Seen { version: None, total_minor: None, accepts_prices: false };
    let kit = app.kit.clone();
    let begun: Begun = app
        .kit
        .db
        .write(move |tx| {
            let session = identity::open_own(tx, &token, now)?;
            let cart = cart::fill(tx, &kit, &book, &session, wanted, now).map_err(Failure::lift)?;
            begin(tx, &till, &book, cart, &parsed, &seen, now)
        })
        .await?;
    TOTAL.store(begun.order.total_minor, Relaxed);
    payments::open(&app.till, &begun.payment).await.map_err(Failure::lift)
}

//! Taking a turn: through the shop's own routes, jobs and flows, with a power cut where one falls.

use std::rc::Rc;
use std::sync::Arc;

use kiosk::base::Fault;
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::Sku;
use kiosk::orders;
use kiosk::payments::{PaymentOutcome, RefundStatus, Session, SessionStatus, signature};
use kiosk::platform::web::Router;
use kiosk::stock::{self, Reason};
use poem::http::Method;
use poem::{Endpoint, Request};
use serde_json::{Value, json};

use crate::fuse;
use crate::shop::{Land, SHELF, open_shelf, work_off};
use crate::steps::{Disk, Step, THINGS, Turn};
use crate::world::{World, choose};

/// What came back from the shop: nothing when the power was cut.
pub type Said = Option<Answered>;
/// Status, document, and the cookie or words beside it.
pub type Answered = (u16, Value, String);

/// How a refusal looks that went through a transaction as a fault.
const SAID_NO: &str = "said no: ";

/// A request, until its answer.
async fn ask(router: &Router, request: Request) -> Answered {
    let response = match router.call(request).await {
        Ok(response) => response,
        Err(error) => {
            let words = error.to_string();
            return (error.status().as_u16(), Value::Null, words);
        }
    };
    let status = response.status().as_u16();
    let cookie = response.header("set-cookie").and_then(|line| line.split(';').next());
    let cookie = cookie.unwrap_or_default().to_owned();
    let body = response.into_body().into_vec().await.unwrap_or_default();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null), cookie)
}

impl World {
    /// Runs something of the shop; nothing when the power was cut in the middle of it.
    pub fn run<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let runtime = Rc::clone(&self.runtime);
        let Some(commits) = self.cut_after.take().filter(|_| self.disk == Disk::Fine) else {
            return Some(runtime.block_on(work));
        };
        let lit = fuse::light(&self.shop.kit.db, commits);
        let done = runtime.block_on(async {
            tokio::select! {
                biased;
                _ = lit.blown => None,
                done = work => Some(done),
            }
        });
        if done.is_some() {
            fuse::put_out(&self.shop.kit.db);
        } else {
            // Whoever waited is gone; what is on disk now is what the next start finds.
            let image = self.shop.image();
            drop(lit.go_on);
            self.restart_from(image);
            self.count("power cut");
        }
        done
    }

    /// A request of a buyer.
    pub fn call(&mut self, buyer: usize, method: Method, path: &str, body: &Value) -> Said {
        let (kind, text) = match body {
            Value::String(form) => ("application/x-www-form-urlencoded", form.clone()),
            other => ("application/json", other.to_string()),
        };
        let request = Request::builder()
            .method(method)
            .uri(path.parse().unwrap())
            .header("cookie", &self.buyers[buyer].cookie)
            .header("accept", "application/json")
            .content_type(kind)
            .body(text);
        let router = Arc::clone(&self.shop.router);
        let said = self.run(ask(&router, request))?;
        if said.0 < 400 && said.2.starts_with("visitor=") {
            self.buyers[buyer].cookie.clone_from(&said.2);
        }
        Some(said)
    }

    fn cart(&mut self, buyer: usize, method: Method, path: &str, body: &Value) -> Said {
        let said = self.call(buyer, method, path, body)?;
        if said.0 < 300 && said.1.get("version").is_some() {
            self.buyers[buyer].cart = said.1.clone();
        }
        Some(said)
    }

    pub fn add(&mut self, buyer: usize, thing: usize, qty: u64) -> Said {
        let what = if THINGS[thing] == "starter" { "bundle" } else { "sku" };
        let body = json!({ what: THINGS[thing], "qty": qty });
        self.cart(buyer, Method::POST, "/api/cart/lines", &body)
    }

    pub fn check_out(&mut self, buyer: usize) -> Said {
        let is_empty = |cart: &Value| cart["lines"].as_array().is_none_or(Vec::is_empty);
        if is_empty(&self.buyers[buyer].cart) {
            self.add(buyer, (buyer + self.buyers[buyer].orders.len()) % 5, 1)?;
        }
        let cart = &self.buyers[buyer].cart;
        let body = json!({
            "email": format!("buyer{}@example.com", self.buyers[buyer].number),
            "name": "Ada Lovelace", "line1": "1 High Street", "city": "Bath",
            "postcode": "BA1 1AA", "country": "GB",
            "cart_version": cart["version"], "quote_total": cart["quote"]["total_minor"],
        });
        let said = self.call(buyer, Method::POST, "/api/checkout", &body)?;
        if said.0 == 201 {
            let token = said.1["token"].as_str().unwrap().to_owned();
            if !self.buyers[buyer].orders.contains(&token) {
                self.buyers[buyer].orders.push(token);
            }
        } else {
            // Looks at the cart again, so that the next try names what there is.
            self.cart(buyer, Method::GET, "/api/cart", &Value::Null)?;
        }
        Some(said)
    }

    fn act(&mut self, buyer: usize, number: u64, what: &str) -> Said {
        let token = choose(&self.buyers[buyer].orders, number)?.clone();
        let path = format!("/order/{token}/{what}");
        let nothing = Value::String(String::new());
        self.call(buyer, Method::POST, &path, &nothing)
    }

    /// Posts an event to the shop's public door.
    pub fn deliver(&mut self, number: u64, again: bool, forged: bool) -> Said {
        let told = choose(&self.told, number)?.clone();
        let now = self.around.clock.now();
        let (payload, mut header) = if told.kind.starts_with("checkout") {
            self.provider.event(&told.about, told.kind, &told.event, now)
        } else {
            self.provider.event_about(&json!({ "id": told.about }), told.kind, &told.event, now)
        };
        if forged {
            header = signature::sign("whsec_of_somebody_else", payload.as_bytes(), now);
        }
        let request = Request::builder()
            .method(Method::POST)
            .uri("/hooks/stripe".parse().unwrap())
            .header("stripe-signature", header)
            .body(payload);
        let router = Arc::clone(&self.shop.router);
        let said = self.run(ask(&router, request))?;
        if said.0 == 200 {
            self.heard.push(told.event.clone());
            if !again {
                self.told.retain(|other| other.event != told.event);
            }
        }
        Some(said)
    }

    /// Something happens to a page at the provider.
    fn at_provider(&mut self, step: &Step) -> Said {
        let open = |s: &Session| s.status == SessionStatus::Open;
        let slow = |s: &Session| {
            s.status == SessionStatus::Complete && s.outcome == PaymentOutcome::Unpaid
        };
        let (found, number) = match step {
            Step::Pay(n) | Step::BeginSlow(n) => (self.sessions(open), *n),
            Step::EndSlow(n, _) => (self.sessions(slow), *n),
            Step::PayClosed(n) => (self.sessions(|s| s.status == SessionStatus::Expired), *n),
            _ => return None,
        };
        let id = choose(&found, number)?.id.clone();
        let kind = match step {
            Step::BeginSlow(_) => {
                self.provider.begin_slow(&id);
                "checkout.session.completed"
            }
            Step::EndSlow(_, false) => {
                self.provider.fail(&id);
                "checkout.session.async_payment_failed"
            }
            Step::EndSlow(_, true) => {
                self.provider.pay(&id);
                "checkout.session.async_payment_succeeded"
            }
            _ => {
                self.provider.pay(&id);
                if matches!(step, Step::PayClosed(_)) {
                    self.paid_closed.push(id.clone());
                }
                "checkout.session.completed"
            }
        };
        self.tell(&id, kind);
        Some((200, Value::Null, id))
    }

    /// Somebody in the shop does something in one transaction.
    fn desk(&mut self, step: &Step) -> Said {
        let (kit, now) = (self.shop.kit.clone(), self.around.clock.now());
        let land = Land::get();
        if let Step::Publish(content) = step {
            let book = Arc::clone(&land.books[*content]);
            let (inner, db) = (Arc::clone(&book), kit.db.clone());
            let noted = db.write(move |tx| open_shelf(tx, &inner.catalog));
            let noted = self.run(noted);
            // The files are what they are, also after a power cut.
            if noted.as_ref().is_none_or(Result::is_ok) {
                self.content = *content;
                self.shop.till.books.publish(book);
            }
            return noted.map(said_of);
        }
        let paid = self.shop.read(|read| {
            let sql = "SELECT id FROM orders WHERE payment_status = 'paid'
                       AND fulfilment_status = 'unfulfilled' ORDER BY number";
            let mut statement = read.prepare_cached(sql).unwrap();
            let ids = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
            ids.map(Result::unwrap).collect::<Vec<_>>()
        });
        let (db, book, step) = (kit.db.clone(), self.shop.till.books.now(), step.clone());
        let work = db.write(move |tx| {
            let catalog = &book.catalog;
            let sku = |n: usize| {
                let sku = Sku::parse(SHELF[n].0).unwrap();
                catalog.find(&sku).map_or(sku, |(_, variant)| variant.sku.clone())
            };
            let by = (None, "test");
            match step {
                Step::Count(n, units) => {
                    stock::count(tx, catalog, &sku(n), units, by, now).map_err(words)?;
                }
                Step::Receive(n, units) => {
                    let why = (Reason::Receive, None, "test");
                    let delta = i64::from(units);
                    stock::adjust(tx, catalog, &sku(n), delta, why, now).map_err(words)?;
                }
                Step::Ship(n) => {
                    let Some(id) = choose(&paid, n) else { return Ok(()) };
                    let id = kiosk::base::ids::OrderId::from_stored(id);
                    orders::ship(tx, &kit, &book, &id, ("Post", "1"), "test", now)
                        .map_err(words)?;
                }
                _ => {}
            }
            Ok::<_, Failure<Never>>(())
        });
        self.run(work).map(said_of)
    }

    /// Everything behind requests.
    pub fn tend(&mut self) -> Said {
        let jobs = self.shop.jobs.clone();
        self.run(work_off(jobs)).map(said_by_jobs)
    }

    /// The postman, with or without a mail server that answers.
    pub fn post(&mut self, arrives: bool) -> Said {
        let postman = self.shop.postmen[usize::from(!arrives)].clone();
        self.run(work_off(postman)).map(said_by_jobs)
    }

    pub fn set_disk(&mut self, disk: Disk) -> Said {
        let tear = |table: &str| {
            ["INSERT", "UPDATE"]
                .map(|verb| {
                    format!(
                        "CREATE TEMP TRIGGER torn_{verb} BEFORE {verb} ON main.{table}
                         BEGIN SELECT RAISE(ROLLBACK, 'the disk gave up'); END;"
                    )
                })
                .concat()
        };
        let heal = "PRAGMA max_page_count = 1073741823;
                    DROP TRIGGER IF EXISTS temp.torn_INSERT;
                    DROP TRIGGER IF EXISTS temp.torn_UPDATE;";
        let sql = match disk {
            Disk::Fine => heal.to_owned(),
            Disk::Full => format!("{heal} PRAGMA max_page_count = 1;"),
            Disk::Torn(table) => format!("{heal} {}", tear(table)),
        };
        let set = self
            .shop
            .kit
            .db
            .write_blocking(move |tx| Ok::<_, Failure<Never>>(tx.execute_batch(&sql)?));
        set.expect("settings are no writes");
        self.disk = disk;
        Some((200, Value::Null, String::new()))
    }

    /// Takes a turn; what came of it, in a few words.
    pub fn take(&mut self, turn: &Turn) -> Result<String, String> {
        self.cut_after = turn.cut_after;
        let form = Value::String("code=FEW".to_owned());
        let said = match &turn.step {
            Step::Add(b, thing, qty) => self.add(*b, *thing, *qty),
            Step::Look(b) => self.cart(*b, Method::GET, "/api/cart", &Value::Null),
            Step::Set(b, qty) => {
                let line = self.buyers[*b].cart["lines"][0]["id"].as_str().map(str::to_owned);
                let Some(line) = line else { return Ok("-".to_owned()) };
                let path = format!("/api/cart/lines/{line}");
                self.cart(*b, Method::PATCH, &path, &json!({ "qty": qty }))
            }
            Step::Code(b) => self.call(*b, Method::POST, "/cart/codes", &form),
            Step::AcceptPrices(b) => {
                let path = "/api/cart/accept-prices";
                self.cart(*b, Method::POST, path, &json!({}))
            }
            Step::CheckOut(b) => self.check_out(*b),
            Step::PayAgain(b, n) => self.act(*b, *n, "pay"),
            Step::Cancel(b, n) => self.act(*b, *n, "cancel"),
            Step::Pay(_) | Step::BeginSlow(_) | Step::EndSlow(..) | Step::PayClosed(_) => {
                self.at_provider(&turn.step)
            }
            Step::Deliver(n, again) => self.deliver(*n, *again, false),
            Step::Forge(n) => self.deliver(*n, true, true),
            Step::Lose(n) => {
                self.lose(*n);
                None
            }
            Step::Weather(weather) => {
                self.set_weather(*weather);
                None
            }
            Step::Tend => self.tend(),
            Step::Post(arrives) => self.post(*arrives),
            Step::Publish(_) | Step::Count(..) | Step::Receive(..) | Step::Ship(_) => {
                self.desk(&turn.step)
            }
            Step::Wait(seconds) => {
                self.around.clock.advance_s(*seconds);
                self.close_pages();
                None
            }
            Step::Refund(n) => self.refund(*n),
            Step::CancelOrder(n) => self.cancel_order(*n),
            Step::Dashboard(n) => self.refund_in_dashboard(*n),
            Step::SlowRefunds(slow) => {
                let ending = if *slow { RefundStatus::Pending } else { RefundStatus::Succeeded };
                self.provider.set_refund_ending(ending);
                None
            }
            Step::Complain(n) => self.complain(*n),
            Step::Settle(n) => self.settle_by_person(*n),
            Step::TakeByHand(n) => self.take_by_hand(*n),
            Step::Disk(disk) => self.set_disk(*disk),
            Step::Restart => {
                let image = self.shop.image();
                self.restart_from(image);
                None
            }
        };
        self.cut_after = None;
        self.judge(turn, said)
    }
}

/// What jobs that could not do their work say.
fn said_by_jobs(failed: Vec<(String, Fault)>) -> Answered {
    let status = match failed.iter().all(|(_, fault)| fault.is_busy()) {
        _ if failed.is_empty() => 200,
        true => 503,
        false => 500,
    };
    let words = failed.iter().map(|(job, fault)| format!("{job}: {fault}"));
    (status, Value::Null, words.collect::<Vec<_>>().join("; "))
}

/// A refusal inside a transaction, which undoes it.
fn words<R: kiosk::base::Refusal>(failure: Failure<R>) -> Failure<Never> {
    match failure {
        Failure::Refused(refusal) => {
            Fault::new(format!("{SAID_NO}{}", refusal.problem().detail)).into()
        }
        Failure::Fault(fault) => fault.into(),
    }
}

fn said_of(done: Result<(), Failure<Never>>) -> Answered {
    let fault = match done {
        Ok(()) => return (200, Value::Null, String::new()),
        Err(failure) => Fault::from(failure),
    };
    let words = fault.to_string();
    let status = match fault.is_busy() {
        _ if words.starts_with(SAID_NO) => 409,
        true => 503,
        false => 500,
    };
    (status, Value::Null, words)
}

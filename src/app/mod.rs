//! All rooms put together into one running shop.

mod backing_up;
mod metrics;
mod proving;
mod reporting;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::base::fault::{Doing, Failure, Never};
use crate::base::{Clock, Fault, Instant, Randomness};
use crate::identity::{Desk, Presence};
use crate::payments::simulator::{self, Simulator};
use crate::payments::stripe::Stripe;
use crate::payments::{Provider, Till};
use crate::platform::Kit;
use crate::platform::certificate::{self, Watch};
use crate::platform::config::Settings;
use crate::platform::config::provider::ProviderName;
use crate::platform::db::{DataLock, Db, Finding, Read};
use crate::platform::hooks;
use crate::platform::jobs::{Bell, Diary, Job, Runner};
use crate::platform::mail::{self, Transport};
use crate::platform::render::Render;
use crate::platform::secret::Secret;
use crate::platform::telemetry::Reports;
use crate::platform::web::{
    self, Dress, Edge, EdgeSettings, Error, Limiter, Router, Routes, ServeLimits, endpoint,
};
use crate::pricing::{Book, Books};
use crate::reports::{self, Counted};
use crate::storefront::{self, Kept, Shelf};
use crate::{admin, cart, checkout, identity, orders, payments, recommend, search, stock};

pub use backing_up::back_up;
pub use proving::prove;
pub use reporting::write_reports;

use reporting::Passing;

/// The outside world, handed in.
#[derive(Clone, Default)]
pub struct World {
    /// Where "now" comes from.
    pub clock: Clock,
    /// Where random bytes come from.
    pub random: Randomness,
    /// Who takes the money; the one the settings name when absent.
    pub provider: Option<Arc<dyn Provider>>,
}

/// A shop, put together but not yet open.
#[derive(Clone)]
pub struct App {
    /// Its tools.
    pub kit: Kit,
    /// Its pages and prices.
    pub shelf: Shelf,
    /// Its till.
    pub till: Till,
    simulator: Option<Arc<Simulator>>,
    transport: Transport,
    presence: Presence,
    passing: Option<Passing>,
    /// What its background jobs did last.
    pub diary: Diary,
    counted: Counted,
    opened: Instant,
}

/// Makes the data folder, private to its owner.
///
/// # Errors
/// When it cannot be made or written.
pub fn make_data_dir(settings: &Settings) -> Result<(), Fault> {
    let dir = &settings.data_dir;
    std::fs::create_dir_all(dir).doing(&format!("making the data folder {}", dir.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
            .doing(&format!("making {} private", dir.display()))?;
    }
    Ok(())
}

/// The tools of a shop with these settings; opens its database.
///
/// # Errors
/// When the data folder or the database cannot be used.
pub fn open_kit(settings: Settings, world: &World) -> Result<Kit, Fault> {
    make_data_dir(&settings)?;
    let proxies = settings.trusted_proxies.iter().map(|p| p.parse::<web::Network>());
    let proxies: Vec<web::Network> = proxies.collect::<Result<_, _>>()?;
    Ok(Kit {
        db: Db::open(&settings.data_dir)?,
        clock: world.clock.clone(),
        random: world.random.clone(),
        render: Render::open(&settings.site_dir)?.strict(settings.dev),
        secret: Secret::in_folder(&settings.data_dir, &world.random)?,
        bell: Bell::default(),
        reports: Reports::default(),
        traffic: Arc::default(),
        certificate: Watch::default(),
        limiter: Arc::new(Limiter::new(settings.limits)),
        proxies: proxies.into(),
        settings: Arc::new(settings),
    })
}

/// Every invariant of every room.
///
/// # Errors
/// When the database fails.
pub fn audit(read: &Read) -> Result<Vec<Finding>, Fault> {
    let mut findings = stock::audit(read)?;
    findings.extend(orders::audit(read)?);
    findings.extend(payments::audit(read)?);
    findings.sort_by_key(|f| f.id.trim_start_matches('I').parse::<u32>().unwrap_or(u32::MAX));
    Ok(findings)
}

type Providers = (Arc<dyn Provider>, Option<Arc<Simulator>>);

/// Who takes the money: whoever is handed in, else the one the settings name.
fn provider_of(kit: &Kit, world: &World) -> Result<Providers, Fault> {
    if let Some(given) = &world.provider {
        return Ok((Arc::clone(given), None));
    }
    Ok(match kit.settings.provider.name {
        ProviderName::Stripe => (Stripe::new(kit)?, None),
        ProviderName::Simulator => {
            let own = Simulator::new(kit);
            (Arc::clone(&own) as Arc<dyn Provider>, Some(own))
        }
    })
}

/// The till alone, for commands that speak to the provider of a shop that runs or not.
///
/// # Errors
/// When the provider cannot be used.
pub fn open_till(kit: &Kit, book: Book) -> Result<Till, Fault> {
    let (provider, _) = provider_of(kit, &World::default())?;
    Ok(Till { kit: kit.clone(), books: Books::new(Arc::new(book)), provider })
}

impl App {
    /// Puts the shop together: prices in force, pages made, nothing listening yet.
    ///
    /// # Errors
    /// When a template is wrong or the database fails.
    pub fn assemble(kit: Kit, book: Book, kept: Kept, world: &World) -> Result<Self, Fault> {
        let transport = Transport::from_settings(&kit.settings)?;
        let passing = Passing::from_settings(&kit)?;
        let shelf = Shelf::open(&kit, Arc::new(book), kept)?;
        let (provider, simulator) = provider_of(&kit, world)?;
        let till = Till { kit: kit.clone(), books: shelf.books.clone(), provider };
        let (presence, diary, counted) = <(Presence, Diary, Counted)>::default();
        let opened = kit.now();
        Ok(Self {
            kit,
            shelf,
            till,
            simulator,
            transport,
            presence,
            passing,
            diary,
            counted,
            opened,
        })
    }

    /// What the stock pages show of later rooms.
    fn beside_stock(&self) -> stock::Beside {
        let books = self.shelf.books.clone();
        stock::Beside {
            catalog: Arc::new(move || Arc::clone(&books.now().catalog)),
            order_number: orders::get_number,
        }
    }

    /// Every address of the desk, each with the right it needs.
    #[must_use]
    pub fn desk(&self) -> Desk {
        let books = &self.shelf.books;
        admin::staff_routes(&self.till, &self.shelf, &self.diary, &self.counted)
            .and(orders::staff_routes(books))
            .and(admin::catalog::staff_routes(&self.shelf))
            .and(stock::staff_routes(&self.beside_stock()))
            .and(cart::staff_routes(books))
            .and(reports::staff_routes(books, &self.counted))
            .and(admin::message_routes(books))
            .and(admin::recommendation_routes(books))
            .and(admin::health_routes(&self.diary))
            .and(identity::staff_routes())
    }

    /// Every address the shop answers.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let (kit, books) = (&self.kit, &self.shelf.books);
        let mut routes = health_routes(kit)
            .and(metrics::routes(kit))
            .and(web::browser_error_routes(kit))
            .and(identity::entrance(kit))
            .and(self.desk().open(kit, &self.presence))
            .and(search::routes(kit, &self.shelf.searching))
            .and(orders::routes(kit))
            .and(cart::routes(kit, books))
            .and(payments::routes(&self.till))
            .and(checkout::routes(&self.till))
            .and(storefront::routes(kit, &self.shelf));
        if let Some(simulator) = &self.simulator {
            routes = routes.and(simulator::routes(simulator));
        }
        if kit.settings.dev {
            routes = routes
                .and(storefront::dev_routes(kit))
                .and(storefront::live_routes(kit, &self.shelf.news));
        }
        routes
    }

    /// Everything that happens behind requests.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        let (kit, books) = (&self.kit, &self.shelf.books);
        let mut jobs = mail::jobs(kit, &self.transport);
        jobs.extend(backing_up::jobs(kit, books));
        jobs.extend(proving::jobs(kit, books));
        jobs.extend(reporting::jobs(kit, self.passing.as_ref()));
        jobs.extend(certificate::jobs(kit));
        jobs.extend(hooks::jobs(kit));
        jobs.extend(identity::jobs(kit, &self.presence));
        jobs.extend(recommend::jobs(kit));
        jobs.extend(orders::jobs(kit));
        jobs.extend(cart::jobs(kit, books));
        jobs.extend(payments::jobs(&self.till));
        jobs.extend(checkout::jobs(&self.till));
        jobs.extend(reports::jobs(kit, books));
        jobs.extend(storefront::jobs(kit, &self.shelf));
        jobs.extend(admin::jobs(kit, books, self.opened));
        if let Some(simulator) = &self.simulator {
            jobs.extend(simulator::jobs(simulator));
        }
        jobs
    }

    /// Lets requests in and runs the jobs until `stop` completes.
    ///
    /// # Errors
    /// When the routes contradict each other.
    pub async fn run(self, door: Door, stop: impl Future<Output = ()>) -> Result<(), Fault> {
        let notes = (&self.diary, &self.kit.clock);
        let runner = Runner::start(self.jobs(), &self.kit.bell, &self.kit.reports, notes);
        let served = self.serve(door, stop).await;
        runner.stop().await;
        // What went wrong at the very end is told as well.
        if let Err(fault) = reporting::write(&self.kit, self.passing.as_ref()).await {
            tracing::error!(%fault, "the last errors were not written");
        }
        served
    }

    /// Lets requests in only; the jobs are run by whoever calls.
    ///
    /// # Errors
    /// When the routes contradict each other.
    pub async fn serve(&self, door: Door, stop: impl Future<Output = ()>) -> Result<(), Fault> {
        hooks::subscribe(&self.kit).await?;
        let edge = Edge::new(self.routes().finish()?, edge_settings(&self.kit, Some(&self.shelf)))?;
        let shortcut = storefront::shortcut(&self.shelf, edge.dress());
        door.inner.open(edge, shortcut);
        stop.await;
        // Whoever listens for news would keep the shop open.
        self.shelf.news.close();
        door.close.send_replace(true);
        Ok(door.serving.await?)
    }
}

/// Where requests come in, from the moment the address is taken.
pub struct Door {
    inner: Arc<web::Door<Edge<Router>>>,
    close: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Door {
    /// Answers on `listener`: at once for pages of an earlier run that are still true, and for
    /// everything else as soon as the shop serves behind it.
    ///
    /// # Errors
    /// When a setting cannot stand in a header.
    pub fn answer(kit: &Kit, listener: TcpListener, kept: &Kept) -> Result<Self, Fault> {
        let dress = Dress::new(&edge_settings(kit, None))?;
        let inner = web::Door::new(storefront::early_shortcut(kept, dress));
        let (close, mut closing) = watch::channel(false);
        let (door, shortcut, limits) = (Arc::clone(&inner), inner.shortcut(), limits(kit));
        let serving = tokio::spawn(async move {
            let closed = async {
                let _ = closing.wait_for(|close| *close).await;
            };
            web::serve(listener, door, Some(shortcut), limits, closed).await;
        });
        Ok(Self { inner, close, serving })
    }
}

fn edge_settings(kit: &Kit, shelf: Option<&Shelf>) -> EdgeSettings {
    EdgeSettings {
        public_url: kit.settings.public_url.clone(),
        // A checkout form leads to the provider's page, wherever that is.
        form_targets: kit.settings.provider.pages.clone(),
        random: kit.random.clone(),
        pages: Some(storefront::problem_page(&kit.render, shelf)),
        reports: kit.reports.clone(),
        traffic: Arc::clone(&kit.traffic),
    }
}

fn limits(kit: &Kit) -> ServeLimits {
    let mut limits = ServeLimits { unlimited: kit.proxies.to_vec(), ..Default::default() };
    if !kit.settings.limits {
        let everybody = ["0.0.0.0/0", "::/0"].into_iter();
        limits.unlimited.extend(everybody.filter_map(|n| n.parse::<web::Network>().ok()));
    }
    limits
}

/// Opens the listening socket; the answer is where it really listens (port 0 picks one).
///
/// # Errors
/// When the address cannot be had, in one sentence.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Fault> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Fault::new(match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "{address} is in use by another program; stop it, or choose another port with \
                 --listen or KIOSK_LISTEN"
            ),
            _ => format!("cannot listen on {address}: {error}"),
        })
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// `/healthz`: the process answers. `/readyz`: the database takes writes.
fn health_routes(kit: &Kit) -> Routes {
    let kit = kit.clone();
    Routes::new()
        .get("/healthz", endpoint(|_: Request| async { Ok::<_, Error>("ok\n") }))
        .get("/readyz", endpoint(move |_: Request| ready(kit.clone())))
}

async fn ready(kit: Kit) -> Result<Response, Error> {
    // An empty transaction goes through the writer's queue and to the disk like any other.
    let (status, body) = match kit.db.write(|_| Ok::<_, Failure<Never>>(())).await {
        Ok(()) => (StatusCode::OK, json!({ "ready": true, "database": "writes" })),
        Err(failure) => {
            tracing::error!(fault = %Fault::from(failure), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "ready": false, "database": "fails" }))
        }
    };
    Ok(poem::web::Json(body).with_status(status).into_response())
}

/// Takes the data folder for this process.
///
/// # Errors
/// When another process has it.
pub fn lock(settings: &Settings) -> Result<DataLock, Fault> {
    make_data_dir(settings)?;
    DataLock::take(&settings.data_dir)
}

//! `kiosk serve`: opens the shop.

use std::time::Duration;

use clap::Args;

use super::{Ended, load, progress};
use crate::app::{self, App, Door, World, listen, open_kit, prove};
use crate::base::fault::Doing;
use crate::base::{Clock, Fault};
use crate::platform::Kit;
use crate::platform::config::provider::{ProviderName, STRIPE_API};
use crate::platform::config::{Mode, Settings, url_of};
use crate::platform::content::report;
use crate::platform::render::SiteMistake;
use crate::platform::telemetry;
use crate::pricing::{self, Book, Loaded};
use crate::storefront::{self, Darkroom, Kept, Mistakes, Shelf, keep_last_good, last_good_dir};

/// How long work behind requests may take to end after the last answer.
const CLOSING: Duration = Duration::from_secs(2);

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Development: pages follow the files by themselves, letters at /dev/mail.
    #[arg(long)]
    dev: bool,
}

/// Runs the command until it is told to stop.
///
/// # Errors
/// When the folder, the database or the port cannot be had, in one sentence each.
pub(super) fn run(options: &Options, mut settings: Settings) -> Result<Ended, Fault> {
    settings.dev |= options.dev;
    if settings.dev && !settings.listen.ip().is_loopback() {
        return Err(Fault::new("--dev shows every letter, so it needs a loopback address"));
    }
    telemetry::start(settings.log_json);
    let _lock = app::lock(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .doing("starting the runtime")?;
    let served = runtime.block_on(open_shop(settings));
    // A picture half made is made again; nobody waits for it to close the shop.
    runtime.shutdown_timeout(CLOSING);
    served?;
    Ok(Ended::Well)
}

/// What the shop opens with.
struct First {
    book: Book,
    /// The files it was made of, when they are those in the content folder.
    loaded: Option<Loaded>,
    mistakes: Option<Mistakes>,
}

/// The content as it is; when it has mistakes, those, and the last content that had none.
fn first_book(settings: &Settings) -> Result<First, Fault> {
    let loaded = load(settings)?;
    let folder = settings.content_dir.display().to_string();
    if !loaded.complaints.is_empty() {
        complain_raw!("{}", report::text(&loaded.complaints, &folder));
    }
    if let Some(book) = loaded.book.clone() {
        app::make_data_dir(settings)?;
        // A copy for bad days is no reason to stay shut today.
        let (data, now) = (&settings.data_dir, Clock::System.now());
        let kept = keep_last_good(data, &settings.content_dir, &book.revision, now);
        if let Err(fault) = kept {
            tracing::error!(%fault, "the last good content was not kept");
        }
        return Ok(First { book, loaded: Some(loaded), mistakes: None });
    }
    let kept = last_good_dir(&settings.data_dir);
    let count = report::count(&loaded.complaints);
    // A crash between two renames leaves the copy under its other name.
    let aside = settings.data_dir.join("last_good.old");
    let kept = if kept.is_dir() { kept } else { aside };
    let last = kept.is_dir().then(|| pricing::load(&kept)).transpose()?;
    match last.and_then(|last| last.book) {
        Some(book) => {
            tracing::error!("{count} in {folder}: opening with the last good content instead");
            let mistakes = Some(Mistakes::in_content(&loaded, &folder));
            Ok(First { book, loaded: None, mistakes })
        }
        None => Err(Fault::new(format!("{count} in {folder}; mend the files and start again"))),
    }
}

async fn open_shop(mut settings: Settings) -> Result<(), Fault> {
    let stop = told_to_stop()?;
    let (listener, address) = listen(settings.listen).await?;
    if settings.public_url == url_of(settings.listen) {
        settings.public_url = url_of(address);
    }
    settings.listen = address;
    let world = World::default();
    let kit = open_kit(settings, &world)?;
    let kept = Kept::open(&kit);
    // Pages that are as they were are shown while the rest of the shop is put together.
    let door = Door::answer(&kit, listener, &kept)?;
    let (app, first) = tokio::task::spawn_blocking({
        let kit = kit.clone();
        move || {
            let first = first_book(&kit.settings)?;
            Ok::<_, Fault>((assemble(kit, first.book.clone(), kept, &world)?, first))
        }
    })
    .await??;
    app.shelf.news.note(kit.render.odd_words().as_ref());
    if let Some(mistakes) = first.mistakes {
        app.shelf.news.complain(mistakes);
    }
    let _watching = storefront::watch(&kit, &app.shelf, first.loaded)
        .inspect_err(|fault| tracing::error!(%fault, "changed files need a restart"))
        .ok();
    follow(&kit, &app.shelf);
    prove_books(&kit)?;
    say!("{} is open at {}", shop_name(&app), kit.settings.public_url);
    say_who_takes_the_money(&kit.settings);
    if kit.settings.dev {
        say!("Letters: {}/dev/mail", kit.settings.public_url);
    }
    let darkroom = app.shelf.darkroom.clone();
    let db = kit.db.clone();
    let stop = async move {
        tokio::select! {
            () = stop => {}
            () = db.broken() => {}
        }
    };
    let served = app.run(door, stop).await;
    darkroom.close();
    served?;
    kit.db.sound()
}

/// What comes after the first edition: packing it, the copy for bad days, sizes of pictures.
fn follow(kit: &Kit, shelf: &Shelf) {
    let (kit, shelf) = (kit.clone(), shelf.clone());
    tokio::spawn(async move {
        let packed = tokio::task::spawn_blocking({
            let (kit, shelf) = (kit.clone(), shelf.clone());
            move || {
                if let Err(fault) = shelf.pack(&kit) {
                    tracing::error!(%fault, "pages could not be packed; they are sent plain");
                }
            }
        });
        packed.await.ok();
        Darkroom::run(kit, shelf, progress).await;
    });
}

/// Puts the shop together. Templates with mistakes are no reason to stay shut: where one fails, the
/// built-in one stands in until it is mended.
fn assemble(kit: Kit, book: Book, kept: Kept, world: &World) -> Result<App, Fault> {
    let fault = match App::assemble(kit.clone(), book.clone(), kept, world) {
        Err(fault) if fault.cause::<SiteMistake>().is_some() => fault,
        assembled => return assembled,
    };
    let mistakes = Mistakes::of(&fault);
    tracing::error!("\n{}: opening with built-in templates instead", mistakes.text());
    let render = kit.render.clone().forgiving();
    let kept = Kept::open(&kit);
    let app = App::assemble(Kit { render, ..kit }, book, kept, world)?;
    app.shelf.news.complain(mistakes);
    Ok(app)
}

fn say_who_takes_the_money(settings: &Settings) {
    let provider = &settings.provider;
    match (settings.mode, provider.name) {
        (_, ProviderName::Simulator) => {
            say!("Test shop: payments go to the built-in simulator, no real money is taken.");
        }
        (Mode::Test, ProviderName::Stripe) => {
            let at = provider.url.as_deref().unwrap_or_default();
            say!("Test shop: payments go to Stripe at {at} with a test key, no real money.");
        }
        (Mode::Live, ProviderName::Stripe) => match provider.url.as_deref() {
            Some(at) if at != STRIPE_API => {
                say!("Payments go to {at}, which is not Stripe itself. This is real money.");
            }
            _ => say!("Payments go to Stripe. This is real money."),
        },
    }
    if provider.name == ProviderName::Stripe && provider.webhook_secrets.is_empty() {
        tracing::warn!(
            "no webhook secret is set: the shop finds payments by asking, minutes later; set \
             KIOSK_WEBHOOK_SECRETS, see docs/payments.md"
        );
    }
}

fn shop_name(app: &App) -> String {
    app.shelf.books.now().catalog.shop.name.clone()
}

/// Proves the books beside the open shop, for many orders take a while. Whoever stops the shop does
/// not wait for the end.
fn prove_books(kit: &Kit) -> Result<(), Fault> {
    let kit = kit.clone();
    let run = move || {
        if let Err(fault) = prove(&kit) {
            tracing::error!(%fault, "the books could not be proved");
        }
    };
    std::thread::Builder::new().name("kiosk-audit".to_owned()).spawn(run)?;
    Ok(())
}

/// SIGTERM or Ctrl-C, heard from this call on: one that comes while the shop opens counts.
fn told_to_stop() -> Result<impl Future<Output = ()>, Fault> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

//! A door that is answered before everything behind it is ready: what can be shown already is
//! shown, everything else waits.

use std::sync::{Arc, OnceLock};

use poem::{Endpoint, Request, Response};
use tokio::sync::watch;

use super::serve::Shortcut;

/// An endpoint that comes later. Requests wait for it, as long as their connection lives.
pub struct Door<E> {
    meanwhile: Option<Shortcut>,
    behind: OnceLock<(E, Shortcut)>,
    is_open: watch::Sender<bool>,
}

impl<E: Endpoint<Output = Response> + 'static> Door<E> {
    /// A closed door; `meanwhile` answers what needs nothing behind it.
    #[must_use]
    pub fn new(meanwhile: Option<Shortcut>) -> Arc<Self> {
        Arc::new(Self { meanwhile, behind: OnceLock::new(), is_open: watch::Sender::new(false) })
    }

    /// Opens it, once.
    pub fn open(&self, endpoint: E, shortcut: Shortcut) {
        if self.behind.set((endpoint, shortcut)).is_ok() {
            self.is_open.send_replace(true);
        }
    }

    /// Answers what needs no endpoint, now and later.
    #[must_use]
    pub fn shortcut(self: &Arc<Self>) -> Shortcut {
        let door = Arc::clone(self);
        Arc::new(move |request| match door.behind.get() {
            Some((_, shortcut)) => shortcut(request),
            None => door.meanwhile.as_ref().and_then(|shortcut| shortcut(request)),
        })
    }
}

impl<E: Endpoint<Output = Response> + 'static> Endpoint for Door<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if self.behind.get().is_none() {
            // The sender lives in `self`, so it cannot be gone.
            let _ = self.is_open.subscribe().wait_for(|is_open| *is_open).await;
        }
        match self.behind.get() {
            Some((endpoint, _)) => endpoint.call(request).await,
            None => Err(poem::Error::from_status(poem::http::StatusCode::SERVICE_UNAVAILABLE)),
        }
    }
}

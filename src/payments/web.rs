//! The one public door for webhooks: check the signature, write the event down, answer.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response};

use super::event::{Event, Topic};
use super::model::Source;
use super::{Till, signature, store_inbox};
use crate::base::Problem;
use crate::base::fault::{Failure, Never};
use crate::platform::web::{Error, Routes, endpoint, read_bytes};

/// Largest event, in bytes; a session event is about 6 KiB.
const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// Routes of the room.
#[must_use]
pub fn routes(till: &Till) -> Routes {
    let till = Arc::new(till.clone());
    Routes::new().post("/hooks/stripe", endpoint(move |r| receive(Arc::clone(&till), r)))
}

/// 200 once the event is on disk; 400 for anything not signed by us, without saying what was
/// wrong; 500 only when it could not be stored, so that the provider sends it again.
async fn receive(till: Arc<Till>, mut request: Request) -> Result<Response, Error> {
    let header = request.header("stripe-signature").unwrap_or_default().to_owned();
    let body = read_bytes(&mut request, EVENT_BYTES_MAX).await?;
    let now = till.kit.now();
    if !signature::verify(&header, &body, &till.provider.secrets(), now) {
        return Err(unsigned().into());
    }
    let payload = String::from_utf8(body.to_vec()).map_err(|_| Error::from(unsigned()))?;
    let Some(event) = Event::parse(&payload) else { return Err(unsigned().into()) };
    let state = if event.topic() == Topic::Nothing { "ignored" } else { "new" };
    let provider = till.provider.name();
    let stored = till.kit.db.write(move |tx| {
        let source = Source::Webhook;
        let new = store_inbox::insert(tx, provider, &event, &payload, source, state, now)?;
        Ok::<_, Failure<Never>>((new, event))
    });
    let (new, event) = stored.await?;
    tracing::info!(event = event.id, kind = event.kind, new, "an event was stored");
    till.kit.bell.ring();
    Ok(StatusCode::OK.into_response())
}

fn unsigned() -> Problem {
    Problem::new(400, "bad-signature", "Not accepted", "The event is not signed by our provider.")
}

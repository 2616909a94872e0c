//! `/dev/events`: an open page hears of each new edition, and of mistakes that keep one from
//! being made. In development only.

use std::future::ready;
use std::time::Duration;

use poem::http::header;
use poem::{Body, IntoResponse, Request, Response};
use serde_json::json;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::timeout;

use super::news::{News, NewsBoard};
use crate::base::Instant;
use crate::platform::Kit;
use crate::platform::web::{Error, Routes, endpoint};

/// Something is sent at least this often, so that a reader who has gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Bytes that wait for a slow reader before the sender does.
const WAITING_BYTES: usize = 64 * 1024;

/// The stream of news.
#[must_use]
pub fn live_routes(kit: &Kit, board: &NewsBoard) -> Routes {
    // Editions are counted anew by each process, so they are named after its start, too.
    let (started, board) = (kit.now(), board.clone());
    let events = move |_: Request| ready(Ok::<_, Error>(events(&board, started)));
    Routes::new().get("/dev/events", endpoint(events))
}

fn events(board: &NewsBoard, started: Instant) -> Response {
    let (reader, writer) = duplex(WAITING_BYTES);
    tokio::spawn(tell(writer, board.listen(), started));
    Body::from_async_read(reader)
        .with_content_type("text/event-stream")
        .with_header(header::CACHE_CONTROL, "no-store")
        .into_response()
}

/// Tells what stands now and whatever comes, until the reader goes or the shop closes.
async fn tell(mut to: DuplexStream, mut news: watch::Receiver<News>, started: Instant) {
    news.mark_changed();
    loop {
        let line = match timeout(HEARTBEAT, news.changed()).await {
            Err(_) => ": still here\n\n".to_owned(),
            Ok(Err(_)) => return,
            Ok(Ok(())) => {
                let now = news.borrow_and_update().clone();
                if now.closing {
                    return;
                }
                let edition = format!("{}-{}", started.0, now.editions);
                let (mistakes, notes) = (now.mistakes.as_deref(), now.notes.as_deref());
                let event = json!({ "edition": edition, "mistakes": mistakes, "notes": notes });
                format!("data: {event}\n\n")
            }
        };
        if to.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

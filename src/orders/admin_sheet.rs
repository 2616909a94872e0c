//! `/admin/orders.csv`: the orders of a filter as a table, read and sent piece by piece, so that a
//! hundred thousand take no more memory than a few hundred.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Frame};
use jiff::tz::TimeZone;
use poem::http::header;
use poem::{Body, IntoResponse, Response};
use tokio::sync::mpsc;

use super::admin::{asked, rows, zone_of};
use super::filter::Question;
use super::sheet::{self, Told};
use super::store_list::Place;
use super::store_parcels::list_parcels;
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Problem};
use crate::identity::{Desk, Right, Visit};
use crate::platform::Kit;
use crate::platform::web::Error;
use crate::pricing::Books;

/// Orders read at once.
const ROWS: u32 = 200;
/// Pieces that wait for a slow reader.
const WAITING: usize = 2;

pub(super) fn desk(books: &Books) -> Desk {
    let books = books.clone();
    Desk::new()
        .get("/admin/orders.csv", Right::SeeOrders, move |visit| answer(books.clone(), visit))
}

#[expect(clippy::unused_async, reason = "a handler like the others")]
async fn answer(books: Books, visit: Visit) -> Result<Response, Error> {
    let filter = asked(&visit)?;
    let zone = zone_of(&books.now());
    let (question, wrong) = filter.question(&zone);
    if let Some(why) = wrong.first() {
        let problem = Problem::new(422, "filter-unclear", "The filter cannot be read", *why);
        return Err(problem.hint("Correct the address, or begin from the list.").into());
    }
    let (sender, pieces) = mpsc::channel(WAITING);
    tokio::spawn(send(visit.kit.clone(), Arc::new(question), zone, sender));
    let body: Body = BoxBody::new(Pieces(pieces)).into();
    let response = body
        .with_content_type("text/csv; charset=utf-8; header=present")
        .with_header(header::CONTENT_DISPOSITION, "attachment; filename=\"orders.csv\"");
    Ok(response.into_response())
}

/// Reads one piece after the other; a failure breaks the answer off, so that nobody takes half a
/// table for all of it.
async fn send(
    kit: Kit,
    question: Arc<Question>,
    zone: TimeZone,
    sender: mpsc::Sender<io::Result<Bytes>>,
) {
    let mut place = Place::Top;
    loop {
        let piece = match read_piece(&kit, &question, &zone, place).await {
            Ok(piece) => piece,
            Err(fault) => {
                tracing::error!(%fault, "a table of orders broke off");
                let _ = sender.send(Err(io::Error::other("broken off"))).await;
                return;
            }
        };
        if sender.send(Ok(piece.0.into())).await.is_err() {
            return;
        }
        match piece.1 {
            Some(last) => place = Place::Before(last),
            None => return,
        }
    }
}

/// Some lines, and after which order it goes on; none when that was the end.
async fn read_piece(
    kit: &Kit,
    question: &Arc<Question>,
    zone: &TimeZone,
    place: Place,
) -> Result<(Vec<u8>, Option<i64>), Fault> {
    let asked = Arc::clone(question);
    let read = kit.db.read(move |read| {
        let mut all = Vec::new();
        for (entry, items) in rows(read, &asked, place, ROWS)? {
            let parcels = list_parcels(read, &entry.id)?;
            all.push(Told { entry, items, parcels });
        }
        Ok::<_, Failure<Never>>(all)
    });
    let rows = read.await?;
    let last = rows.last().filter(|_| rows.len() == ROWS as usize).map(|row| row.entry.seq);
    Ok((sheet::lines(&rows, zone, place == Place::Top)?, last))
}

/// What is sent, as it comes.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

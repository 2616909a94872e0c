//! The merchant's desk: its front page, and pages that show several rooms at once.
//!
//! **Invariants.** Nothing here is reached without the right its route names (`identity::Desk`),
//! and the front page tells everybody only what their role may see. What is done to an order is
//! done in one transaction with its line in the log of changes, and only if the order is still what
//! the page showed.
//! What grows worse while nobody looks is told by letter, once.
//! **Tables:** `alarm`.

mod alarm;
pub mod catalog;
mod checklist;
mod errors;
mod health;
mod home;
mod hooks;
mod jobs;
mod letters;
mod messages;
mod messages_preview;
mod order;
mod order_acts;
mod order_new;
mod order_refund;
mod order_told;
mod recommendations;
mod sentence;
mod sentence_backup;
mod sentence_certificate;
#[cfg(test)]
mod sentence_tests;
mod store;
mod suggestions;

use crate::identity::{Desk, Right};
use crate::payments::Till;
use crate::platform::jobs::Diary;
use crate::pricing::Books;
use crate::reports::Counted;
use crate::storefront::Shelf;

pub use jobs::jobs;
pub use letters::{LETTER_KINDS, LetterKind, NoSample, Sample, letter_kind, sample};

/// The front page, and each order's own.
#[must_use]
pub fn staff_routes(till: &Till, shelf: &Shelf, diary: &Diary, counted: &Counted) -> Desk {
    let (shelf, diary, counted) = (shelf.clone(), diary.clone(), counted.clone());
    let told = (shelf.clone(), diary.clone(), counted.clone());
    Desk::new()
        .section("home", "Home", "/admin", Right::SeeHome)
        .get("/admin", Right::SeeHome, move |visit| {
            home::show(visit, shelf.clone(), diary.clone(), counted.clone())
        })
        .get("/admin/api/dashboard", Right::SeeHome, move |visit| {
            home::tell(visit, told.0.clone(), told.1.clone(), told.2.clone())
        })
        .and(suggestions::desk(&till.books))
        .and(order::desk(till))
        .and(order_acts::desk(till))
        .and(order_new::desk(till))
        .and(order_refund::desk(till))
}

/// Whether the machinery is well, and what went wrong in the program.
#[must_use]
pub fn health_routes(diary: &Diary) -> Desk {
    health::desk(diary).and(errors::desk())
}

/// What is often bought together.
#[must_use]
pub fn recommendation_routes(books: &Books) -> Desk {
    recommendations::desk(books)
}

/// Letters and news that leave the shop: the outbox, what letters look like, other programs.
#[must_use]
pub fn message_routes(books: &Books) -> Desk {
    let (first, shown) = (books.clone(), books.clone());
    let (framed, sent) = (books.clone(), books.clone());
    Desk::new()
        .section("messages", "Messages", "/admin/messages", Right::SeeMessages)
        .get("/admin/messages", Right::SeeMessages, messages::list)
        .get("/admin/messages/preview", Right::SeeMessages, move |visit| {
            messages_preview::first(first.clone(), visit)
        })
        .get("/admin/messages/preview/:kind", Right::SeeMessages, move |visit| {
            messages_preview::show(shown.clone(), visit)
        })
        .get("/admin/messages/preview/:kind/html", Right::SeeMessages, move |visit| {
            messages_preview::html(framed.clone(), visit)
        })
        .post("/admin/messages/preview/:kind", Right::SendMessages, move |visit| {
            messages_preview::send(sent.clone(), visit)
        })
        .get("/admin/messages/:id", Right::SeeMessages, messages::show)
        .get("/admin/messages/:id/html", Right::SeeMessages, messages::html)
        .post("/admin/messages/:id", Right::SendMessages, messages::change)
        .get("/admin/hooks", Right::SeeMessages, hooks::list)
        .get("/admin/hooks/:id", Right::SeeMessages, hooks::show)
        .post("/admin/hooks/:id", Right::SendMessages, hooks::replay)
}

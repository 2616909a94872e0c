//! The staff's side of the shop: every route says which right it needs, and nothing behind
//! `/admin` is reached without it. Menus follow the same list.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use poem::Response;
use poem::http::Method;

use super::guard::{Guard, Presence};
use super::right::Right;
use super::visit::Visit;
use crate::platform::Kit;
use crate::platform::web::{Error, Routes, endpoint};

type Answer = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;
/// What answers somebody with the right.
pub(super) type Handler = Arc<dyn Fn(Visit) -> Answer + Send + Sync>;

/// An entry of the menu.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) href: &'static str,
    pub(super) right: Right,
}

struct Entry {
    method: Method,
    path: String,
    right: Right,
    handler: Handler,
}

/// Routes of the desk, collected room by room, each with the right it needs.
#[derive(Default)]
pub struct Desk {
    entries: Vec<Entry>,
    sections: Vec<Section>,
}

impl Desk {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An entry of the menu, in the order rooms are joined.
    #[must_use]
    pub fn section(
        mut self,
        key: &'static str,
        title: &'static str,
        href: &'static str,
        right: Right,
    ) -> Self {
        self.sections.push(Section { key, title, href, right });
        self
    }

    /// Answers `GET` for those with the right.
    #[must_use]
    pub fn get<F, W>(self, path: &str, right: Right, handler: F) -> Self
    where
        F: Fn(Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.at(Method::GET, path, right, handler)
    }

    /// Answers `POST` for those with the right.
    #[must_use]
    pub fn post<F, W>(self, path: &str, right: Right, handler: F) -> Self
    where
        F: Fn(Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.at(Method::POST, path, right, handler)
    }

    /// Answers `PUT` for those with the right.
    #[must_use]
    pub fn put<F, W>(self, path: &str, right: Right, handler: F) -> Self
    where
        F: Fn(Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.at(Method::PUT, path, right, handler)
    }

    /// Answers `DELETE` for those with the right.
    #[must_use]
    pub fn delete<F, W>(self, path: &str, right: Right, handler: F) -> Self
    where
        F: Fn(Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.at(Method::DELETE, path, right, handler)
    }

    fn at<F, W>(mut self, method: Method, path: &str, right: Right, handler: F) -> Self
    where
        F: Fn(Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |visit| Box::pin(handler(visit)));
        self.entries.push(Entry { method, path: path.to_owned(), right, handler });
        self
    }

    /// Adds another room's.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.sections.extend(other.sections);
        self
    }

    /// Every method and pattern with its right, so that a test can walk them.
    #[must_use]
    pub fn list(&self) -> Vec<(Method, String, Right)> {
        let row = |entry: &Entry| (entry.method.clone(), entry.path.clone(), entry.right);
        self.entries.iter().map(row).collect()
    }

    /// Every entry of the menu: its address and right.
    #[must_use]
    pub fn menu(&self) -> Vec<(&'static str, Right)> {
        self.sections.iter().map(|section| (section.href, section.right)).collect()
    }

    /// The same as routes of the shop, each behind its right.
    #[must_use]
    pub fn open(self, kit: &Kit, presence: &Presence) -> Routes {
        let sections: Arc<[Section]> = self.sections.into();
        let guard = Guard::new(kit, presence, sections);
        let mut routes = Routes::new();
        for Entry { method, path, right, handler } in self.entries {
            let guard = guard.clone();
            let guarded = endpoint(move |request| {
                let (guard, handler) = (guard.clone(), Arc::clone(&handler));
                async move { guard.pass(right, handler, request).await }
            });
            routes = match method {
                Method::POST => routes.post(&path, guarded),
                Method::PUT => routes.put(&path, guarded),
                Method::DELETE => routes.delete(&path, guarded),
                _ => routes.get(&path, guarded),
            };
        }
        routes
    }
}

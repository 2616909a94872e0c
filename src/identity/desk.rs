//! The staff's side of the shop: every route says which right it needs, and nothing behind
//! `/admin` is reached without it. Menus follow the same list.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::{Value, json};

use super::model::Staff;
use super::right::Right;
use super::store_staff as store;
use crate::base::fault::{Failure, Never};
use crate::base::ids::Token;
use crate::base::{Fault, Instant, Problem};
use crate::platform::Kit;
use crate::platform::config::Mode;
use crate::platform::db::Tx;
use crate::platform::web::{
    Cookies, Error, Routes, client_address, endpoint, neighbourhood, wants_html,
};

/// The cookie's name; `__Host-` stands before it over HTTPS.
pub(super) const COOKIE: &str = "desk";
/// Somebody who has done nothing for so long must sign in again, in seconds.
const IDLE_S: i64 = 30 * 60;

type Answer = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;
type Handler = Arc<dyn Fn(Visit) -> Answer + Send + Sync>;

/// When each session was last seen; a page that is only read writes nothing, so it is kept here
/// until a job writes it down.
#[derive(Clone, Default)]
pub struct Presence(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Presence {
    fn seen(&self, session: &str, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(session.to_owned(), now);
    }

    fn last(&self, session: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(session).copied()
    }

    pub(super) fn take(&self) -> BTreeMap<String, Instant> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An entry of the menu.
#[derive(Clone, Debug)]
struct Section {
    key: &'static str,
    title: &'static str,
    href: &'static str,
    right: Right,
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

/// A request of somebody who is signed in and has the right.
pub struct Visit {
    /// The shop's tools.
    pub kit: Kit,
    /// Who asks.
    pub staff: Staff,
    /// What they ask.
    pub request: Request,
    sections: Arc<[Section]>,
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
        let guard = Guard { kit: kit.clone(), presence: presence.clone(), sections };
        let mut routes = Routes::new();
        for Entry { method, path, right, handler } in self.entries {
            let guard = guard.clone();
            let guarded = endpoint(move |request| {
                let (guard, handler) = (guard.clone(), Arc::clone(&handler));
                async move { guard.pass(right, handler, request).await }
            });
            routes = match method {
                Method::POST => routes.post(&path, guarded),
                _ => routes.get(&path, guarded),
            };
        }
        routes
    }
}

/// Who stands at every door of the desk.
#[derive(Clone)]
struct Guard {
    kit: Kit,
    presence: Presence,
    sections: Arc<[Section]>,
}

impl Guard {
    async fn pass(
        self,
        right: Right,
        handler: Handler,
        request: Request,
    ) -> Result<Response, Error> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let page_wanted = wants_html(&request);
        let Some(staff) = self.who(&request).await? else {
            return if reads && page_wanted { ask_to_sign_in(&request) } else { Err(unknown()) };
        };
        let visit = Visit { kit: self.kit.clone(), staff, request, sections: self.sections };
        let frame = Visit {
            kit: self.kit.clone(),
            staff: visit.staff.clone(),
            request: Request::default(),
            sections: Arc::clone(&visit.sections),
        };
        let answer = if !visit.staff.may(right) {
            Err(Error::from(forbidden()))
        } else if needs_second_factor(&self.kit, &visit.staff) && right != Right::OwnAccount {
            return Ok(see_other("/admin/account?needed=code"));
        } else {
            handler(visit).await
        };
        match answer {
            Err(error) if page_wanted && error.status().is_client_error() => {
                frame.problem_page(&error)
            }
            answer => answer,
        }
    }

    /// Who is signed in with this browser, and not idle for too long.
    async fn who(&self, request: &Request) -> Result<Option<Staff>, Error> {
        let Some(token) = presented(&self.kit, request) else { return Ok(None) };
        let (hash, now) = (token.hash(), self.kit.now());
        let network = network_of(&self.kit, request);
        let found = self.kit.db.read(move |read| {
            Ok::<_, Failure<Never>>(store::signed_in(read, &hash, &network, now)?)
        });
        let Some((staff, written)) = found.await? else { return Ok(None) };
        let last = self.presence.last(&staff.session).map_or(written, |seen| seen.max(written));
        if last.plus_s(IDLE_S) < now {
            return Ok(None);
        }
        self.presence.seen(&staff.session, now);
        Ok(Some(staff))
    }
}

/// Where real money is taken, a password alone opens nothing but the page that adds a second
/// factor.
fn needs_second_factor(kit: &Kit, staff: &Staff) -> bool {
    kit.settings.mode == Mode::Live && !staff.has_second_factor
}

/// The token a request presents; none when there is no cookie or it cannot be one of ours.
pub(super) fn presented(kit: &Kit, request: &Request) -> Option<Token> {
    let cookies = Cookies::new(kit.settings.https());
    cookies.read(request.headers(), COOKIE).and_then(Token::parse)
}

/// The network a request comes from, as the list of sessions and the log show it.
pub(super) fn network_of(kit: &Kit, request: &Request) -> String {
    neighbourhood(client_address(request, &kit.proxies)).to_string()
}

/// Leads to the sign-in page and back. A link from elsewhere, such as a letter, comes without the
/// cookie, which belongs to our own pages only: then the browser is asked to come again by itself.
fn ask_to_sign_in(request: &Request) -> Result<Response, Error> {
    let site = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if matches!(site, Some("cross-site" | "same-site")) {
        let page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
                    <meta http-equiv=\"refresh\" content=\"0\"><title>Desk</title></head>\
                    <body><p><a href=\"\">Continue to the desk</a></p></body></html>";
        return Ok(poem::web::Html(page).into_response());
    }
    let here = request.uri().path_and_query().map_or("/admin", |at| at.as_str());
    let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    Ok(see_other(&format!("/admin/sign-in?next={next}")))
}

/// Leads a browser on after a form.
#[must_use]
pub fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/admin"));
    StatusCode::SEE_OTHER.with_header(header::LOCATION, to).into_response()
}

fn unknown() -> Error {
    Problem::new(401, "sign-in-needed", "Sign in first", "Only staff of the shop come in here.")
        .hint("Open /admin/sign-in and try again.")
        .into()
}

fn forbidden() -> Problem {
    Problem::new(
        403,
        "not-your-right",
        "Not for your role",
        "Your role does not include this part of the desk.",
    )
    .hint("An owner of the shop can give you another role.")
}

impl Visit {
    /// Whether whoever asks has a right.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.staff.may(right)
    }

    /// Who did it, as timelines say.
    #[must_use]
    pub fn actor(&self) -> String {
        self.staff.actor()
    }

    /// A page in the desk's frame; `section` is the key of its entry in the menu.
    ///
    /// # Errors
    /// When the template fails.
    pub fn page(&self, template: &str, section: &str, context: Value) -> Result<Response, Error> {
        self.page_with(StatusCode::OK, template, section, context)
    }

    /// The same with another status, such as 422 for a form with mistakes.
    ///
    /// # Errors
    /// When the template fails.
    pub fn page_with(
        &self,
        status: StatusCode,
        template: &str,
        section: &str,
        mut context: Value,
    ) -> Result<Response, Error> {
        let open = self.sections.iter().filter(|entry| self.may(entry.right));
        let menu = open.map(|entry| {
            let current = entry.key == section;
            json!({ "title": entry.title, "href": entry.href, "key": entry.key,
                    "current": current })
        });
        let rights = Right::ALL.into_iter().filter(|right| self.may(*right));
        if let Some(context) = context.as_object_mut() {
            let desk = json!({
                "name": self.staff.name, "email": self.staff.email, "role": self.staff.role,
                "menu": menu.collect::<Vec<_>>(), "rights": rights.collect::<Vec<_>>(),
                "version": env!("CARGO_PKG_VERSION"),
            });
            context.insert("desk".to_owned(), desk);
        }
        let html = self.kit.render.page(template, context)?;
        Ok(poem::web::Html(html).with_status(status).into_response())
    }

    fn problem_page(&self, error: &Error) -> Result<Response, Error> {
        let problem = error.problem();
        let context = json!({ "problem": { "title": problem.title, "detail": problem.detail,
                                           "hint": problem.hint } });
        let mut page = self.page_with(error.status(), "admin/problem.html", "", context)?;
        if let Some(seconds) = problem.retry_after_s {
            page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(page)
    }
}

/// Writes down when sessions were last seen.
pub(super) async fn write_down(kit: &Kit, presence: &Presence) -> Result<(), Fault> {
    let seen = presence.take();
    if seen.is_empty() {
        return Ok(());
    }
    let write = move |tx: &Tx| {
        for (session, at) in &seen {
            store::set_last_seen(tx, session, *at)?;
        }
        Ok::<_, Failure<Never>>(())
    };
    Ok(kit.db.write(write).await?)
}

/// Where somebody may be led after signing in: a page of the desk, nothing else.
pub(super) fn next_page(wanted: &str) -> &str {
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    let plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = path == "/admin" || path.starts_with("/admin/");
    if plain && ours && !path.contains("//") && !path.contains("..") { wanted } else { "/admin" }
}

#[cfg(test)]
mod tests {
    use super::next_page;

    #[test]
    fn nobody_is_led_out_of_the_desk() {
        for good in ["/admin", "/admin/orders?status=paid", "/admin/orders/HF-1001"] {
            assert_eq!(next_page(good), good);
        }
        for bad in [
            "",
            "/",
            "/cart",
            "//evil.example",
            "/admin//evil",
            "/\\evil",
            "/admin/../cart",
            "https://evil.example/admin",
            "/administrator",
            "/admin/a\r\nSet-Cookie: x=1",
        ] {
            assert_eq!(next_page(bad), "/admin", "{bad}");
        }
    }
}

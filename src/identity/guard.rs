//! Who stands at every door of the desk: whose session it is, whether it still lasts, and what is
//! said to those who may not pass.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use poem::http::Method;
use poem::{IntoResponse, Request, Response};

use super::desk::{Handler, Section};
use super::model::Staff;
use super::right::Right;
use super::store_staff as store;
use super::visit::{Visit, see_other};
use crate::base::fault::{Failure, Never};
use crate::base::ids::Token;
use crate::base::{Fault, Instant, Problem};
use crate::platform::Kit;
use crate::platform::config::Mode;
use crate::platform::db::Tx;
use crate::platform::web::{Cookies, Error, client_address, neighbourhood, wants_html};

/// The cookie's name; `__Host-` stands before it over HTTPS.
pub(super) const COOKIE: &str = "desk";
/// Somebody who has done nothing for so long must sign in again, in seconds.
const IDLE_S: i64 = 30 * 60;

/// When each session was last seen; a page that is only read writes nothing, so it is kept here
/// until a job writes it down.
#[derive(Clone, Default)]
pub struct Presence(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Presence {
    /// At this moment, or later.
    fn seen_by(&self, session: &str, at: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = all.entry(session.to_owned()).or_insert(at);
        *last = at.max(*last);
    }

    fn last(&self, session: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(session).copied()
    }

    pub(super) fn take(&self) -> BTreeMap<String, Instant> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who stands at every door of the desk.
#[derive(Clone)]
pub(super) struct Guard {
    kit: Kit,
    presence: Presence,
    sections: Arc<[Section]>,
}

impl Guard {
    pub(super) fn new(kit: &Kit, presence: &Presence, sections: Arc<[Section]>) -> Self {
        Self { kit: kit.clone(), presence: presence.clone(), sections }
    }

    pub(super) async fn pass(
        self,
        right: Right,
        handler: Handler,
        request: Request,
    ) -> Result<Response, Error> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let page_wanted = wants_html(&request);
        let Some(staff) = self.who(&request).await? else {
            return if reads && page_wanted {
                Ok(ask_to_sign_in(&request))
            } else {
                Err(unknown())
            };
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
            if page_wanted {
                return Ok(see_other("/admin/account?needed=code"));
            }
            Err(Error::from(code_needed()))
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
        self.presence.seen_by(&staff.session, now);
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
fn ask_to_sign_in(request: &Request) -> Response {
    let site = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if matches!(site, Some("cross-site" | "same-site")) {
        let page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
                    <meta http-equiv=\"refresh\" content=\"0\"><title>Desk</title></head>\
                    <body><p><a href=\"\">Continue to the desk</a></p></body></html>";
        return poem::web::Html(page).into_response();
    }
    let here = request.uri().path_and_query().map_or("/admin", |at| at.as_str());
    let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    see_other(&format!("/admin/sign-in?next={next}"))
}

fn unknown() -> Error {
    Problem::new(401, "sign-in-needed", "Sign in first", "Only staff of the shop come in here.")
        .hint("Open /admin/sign-in and try again.")
        .into()
}

pub(super) fn forbidden() -> Problem {
    Problem::new(
        403,
        "not-your-right",
        "Not for your role",
        "Your role does not include this part of the desk.",
    )
    .hint("An owner of the shop can give you another role.")
}

fn code_needed() -> Problem {
    Problem::new(
        403,
        "second-factor-needed",
        "A second factor is needed",
        "A shop that takes real money opens its desk to a password and a code alone.",
    )
    .hint("Add the second factor at /admin/account.")
}

/// Writes down when sessions were last seen.
pub(super) async fn write_down(kit: &Kit, presence: &Presence) -> Result<(), Fault> {
    let seen = presence.take();
    if seen.is_empty() {
        return Ok(());
    }
    let written = seen.clone();
    let write = move |tx: &Tx| {
        for (session, at) in &written {
            store::set_last_seen(tx, session, *at)?;
        }
        Ok::<_, Failure<Never>>(())
    };
    let done = kit.db.write(write).await;
    if done.is_err() {
        // Nobody is signed out because the disk is full: it is written down later.
        for (session, at) in &seen {
            presence.seen_by(session, *at);
        }
    }
    Ok(done?)
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
    use super::{Presence, next_page};
    use crate::base::Instant;

    // What could not be written down is put back, and never makes a session older than it is.
    #[test]
    fn somebody_stays_seen_when_nothing_can_be_written() {
        let presence = Presence::default();
        presence.seen_by("a", Instant(5));
        let taken = presence.take();
        presence.seen_by("a", Instant(9));
        taken.into_iter().for_each(|(session, at)| presence.seen_by(&session, at));
        assert_eq!(presence.last("a"), Some(Instant(9)));
    }

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

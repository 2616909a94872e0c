//! Browsers that somebody has signed in from before. Strangers who try a person's address from many
//! places lock out strangers only: a known browser has tries of its own.

use poem::Request;
use poem::http::HeaderValue;

use crate::base::Fault;
use crate::base::ids::Token;
use crate::platform::Kit;
use crate::platform::web::{Cookies, SameSite};

/// The cookie's name; `__Host-` stands before it over HTTPS.
const COOKIE: &str = "desk-known";
/// How long a browser stays known, in seconds.
const KNOWN_S: u32 = 366 * 86_400;

/// What only this shop can say of a browser and a person.
fn seal(kit: &Kit, email: &str, browser: &Token) -> Token {
    kit.secret.token("known browser", &format!("{email} {}", browser.as_str()))
}

/// The name of the browser, when this person has signed in from it before.
pub(super) fn presented(kit: &Kit, request: &Request, email: &str) -> Option<String> {
    let cookies = Cookies::new(kit.settings.https());
    let (browser, sealed) = cookies.read(request.headers(), COOKIE)?.split_once('-')?;
    let (browser, sealed) = (Token::parse(browser)?, Token::parse(sealed)?);
    let is_ours = seal(kit, email, &browser).hash() == sealed.hash();
    is_ours.then(|| browser.as_str().to_owned())
}

/// The header by which the browser stays known.
///
/// # Errors
/// Never in practice: tokens are plain text.
pub(super) fn remember(kit: &Kit, email: &str) -> Result<HeaderValue, Fault> {
    let browser = Token::new(&kit.random);
    let value = format!("{}-{}", browser.as_str(), seal(kit, email, &browser).as_str());
    Cookies::new(kit.settings.https()).set(COOKIE, &value, KNOWN_S, SameSite::Strict)
}

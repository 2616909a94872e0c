//! The visitor's cookie.

use poem::Request;
use poem::http::HeaderValue;

use super::SESSION_S;
use crate::base::Fault;
use crate::base::ids::Token;
use crate::platform::Kit;
use crate::platform::web::{Cookies, SameSite};

/// The cookie's name; `__Host-` stands before it over HTTPS.
const COOKIE: &str = "visitor";

/// The token a request presents; none when there is no cookie or it cannot be one of ours.
#[must_use]
pub fn presented(kit: &Kit, request: &Request) -> Option<Token> {
    let cookies = Cookies::new(kit.settings.https());
    cookies.read(request.headers(), COOKIE).and_then(Token::parse)
}

/// The header by which the browser remembers its token.
///
/// # Errors
/// Never in practice: tokens are plain text.
pub fn remember(kit: &Kit, token: &Token) -> Result<HeaderValue, Fault> {
    let age_s = u32::try_from(SESSION_S).unwrap_or(u32::MAX);
    Cookies::new(kit.settings.https()).set(COOKIE, token.as_str(), age_s, SameSite::Lax)
}

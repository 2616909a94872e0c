//! The desk's front page.

use poem::Response;
use serde_json::json;

use crate::identity::Visit;
use crate::platform::web::Error;

/// What a person of the shop sees first.
///
/// # Errors
/// When the template fails.
pub(super) async fn show(visit: Visit) -> Result<Response, Error> {
    visit.page("admin/home.html", "home", json!({}))
}

//! A request of somebody who is signed in, and pages in the desk's frame.

use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::{Value, json};

use super::desk::Section;
use super::guard::forbidden;
use super::model::Staff;
use super::right::Right;
use crate::platform::Kit;
use crate::platform::telemetry;
use crate::platform::web::Error;

/// A request of somebody who is signed in and has the right.
pub struct Visit {
    /// The shop's tools.
    pub kit: Kit,
    /// Who asks.
    pub staff: Staff,
    /// What they ask.
    pub request: Request,
    pub(super) sections: Arc<[Section]>,
}

impl Visit {
    /// Whether whoever asks has a right.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.staff.may(right)
    }

    /// Refuses somebody without a right that only a part of what they ask needs.
    ///
    /// # Errors
    /// 403 when they have it not.
    pub fn must(&self, right: Right) -> Result<(), Error> {
        if self.may(right) { Ok(()) } else { Err(forbidden().into()) }
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
                "version": telemetry::build(),
            });
            context.insert("desk".to_owned(), desk);
        }
        let html = self.kit.render.page(template, context)?;
        Ok(poem::web::Html(html).with_status(status).into_response())
    }

    pub(super) fn problem_page(&self, error: &Error) -> Result<Response, Error> {
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

/// Leads a browser on after a form.
#[must_use]
pub fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/admin"));
    StatusCode::SEE_OTHER.with_header(header::LOCATION, to).into_response()
}

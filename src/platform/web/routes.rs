//! Which path and method reaches which handler, with the answers every path owes: `HEAD` through
//! `GET`, `OPTIONS`, 405 with `Allow`, and a 404 problem.

use std::future::Future;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::error::IntoResult;
use poem::http::header::{ALLOW, HeaderValue};
use poem::http::{Method, StatusCode};
use poem::{Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Request, Response, Route};

use super::caught::caught;
use super::problem::{Error, method_not_allowed, not_found};
use crate::base::Fault;

/// The path pattern under which unknown paths are answered, as the log shows it.
const ELSEWHERE: &str = "/*elsewhere";

type Handler = Arc<BoxEndpoint<'static>>;

/// Paths, methods and handlers, collected room by room.
///
/// Patterns are poem's: `/things/:id`, `/files/*rest`. No regular expressions: poem 3.1 loses
/// them when it splits a node of its tree.
#[derive(Default)]
pub struct Routes {
    entries: Vec<(Method, String, Handler)>,
    elsewhere: Option<Handler>,
}

impl Routes {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `GET` (and with it `HEAD`).
    #[must_use]
    pub fn get<E: IntoEndpoint<Endpoint: 'static>>(self, path: &str, handler: E) -> Self {
        self.at(Method::GET, path, handler)
    }

    /// Answers `POST`.
    #[must_use]
    pub fn post<E: IntoEndpoint<Endpoint: 'static>>(self, path: &str, handler: E) -> Self {
        self.at(Method::POST, path, handler)
    }

    /// Answers `PUT`.
    #[must_use]
    pub fn put<E: IntoEndpoint<Endpoint: 'static>>(self, path: &str, handler: E) -> Self {
        self.at(Method::PUT, path, handler)
    }

    /// Answers `PATCH`.
    #[must_use]
    pub fn patch<E: IntoEndpoint<Endpoint: 'static>>(self, path: &str, handler: E) -> Self {
        self.at(Method::PATCH, path, handler)
    }

    /// Answers `DELETE`.
    #[must_use]
    pub fn delete<E: IntoEndpoint<Endpoint: 'static>>(self, path: &str, handler: E) -> Self {
        self.at(Method::DELETE, path, handler)
    }

    fn at<E>(mut self, method: Method, path: &str, handler: E) -> Self
    where
        E: IntoEndpoint<Endpoint: 'static>,
    {
        self.entries.push((method, path.to_owned(), boxed(handler)));
        self
    }

    /// Answers `GET` at every other path, such as pages held in memory. The handler says
    /// [`not_found`](poem::error::NotFoundError) or a 404 problem where it has nothing.
    #[must_use]
    pub fn elsewhere<E: IntoEndpoint<Endpoint: 'static>>(mut self, handler: E) -> Self {
        self.elsewhere = Some(boxed(handler));
        self
    }

    /// Adds another room's routes.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.elsewhere = self.elsewhere.or(other.elsewhere);
        self
    }

    /// Every method and pattern, so that a test can walk them.
    #[must_use]
    pub fn list(&self) -> Vec<(Method, String)> {
        self.entries.iter().map(|(method, path, _)| (method.clone(), path.clone())).collect()
    }

    /// Builds the tree.
    ///
    /// # Errors
    /// When a pattern cannot be read, or a method of a path is given twice.
    pub fn finish(self) -> Result<Router, Fault> {
        let mut tables: Vec<(String, Table)> = Vec::new();
        for (method, path, handler) in self.entries {
            let elsewhere = self.elsewhere.clone();
            let at = tables.iter().position(|(known, _)| *known == path).unwrap_or_else(|| {
                tables.push((path.clone(), Table { methods: Vec::new(), elsewhere }));
                tables.len() - 1
            });
            let methods = &mut tables[at].1.methods;
            if methods.iter().any(|(known, _)| *known == method) {
                return Err(Fault::new(format!("{method} {path} is routed twice")));
            }
            methods.push((method, handler));
        }

        // poem's tree prefers a catch-all over an exact end, so the root would never be reached.
        let root = tables.iter().position(|(path, _)| path == "/").map(|at| tables.remove(at).1);
        let mut tree = Route::new();
        for (path, table) in tables {
            tree = tree.try_at(&path, table)?;
        }
        let other = Table { methods: Vec::new(), elsewhere: self.elsewhere };
        tree = tree.try_at(ELSEWHERE, Elsewhere { root, other })?;
        Ok(Router { tree })
    }
}

/// All routes as one endpoint.
pub struct Router {
    tree: Route,
}

impl Endpoint for Router {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        self.tree.call(request).await
    }
}

/// Makes a handler of an async function or closure that takes the whole request.
pub fn endpoint<F, Fut, T, R>(f: F) -> impl Endpoint<Output = T>
where
    F: Fn(Request) -> Fut + Send + Sync,
    Fut: Future<Output = R> + Send,
    T: IntoResponse + Sync,
    R: IntoResult<T>,
{
    poem::endpoint::make(f)
}

fn boxed<E: IntoEndpoint<Endpoint: 'static>>(handler: E) -> Handler {
    Arc::new(handler.into_endpoint().map_to_response().boxed())
}

/// Paths no pattern names, and the root.
struct Elsewhere {
    root: Option<Table>,
    other: Table,
}

impl Endpoint for Elsewhere {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        match &self.root {
            Some(root) if request.uri().path() == "/" => root.call(request).await,
            _ => self.other.call(request).await,
        }
    }
}

/// The methods of one path.
struct Table {
    methods: Vec<(Method, Handler)>,
    elsewhere: Option<Handler>,
}

impl Table {
    fn handler(&self, method: &Method) -> Option<&Handler> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.methods.iter().find(|(known, _)| known == method).map(|(_, handler)| handler)
    }

    /// Answers a method the table lacks. The handler for other paths is asked as if for a page:
    /// that both serves a page whose path also takes a form, and tells whether `GET` is allowed.
    async fn without_handler(&self, mut request: Request) -> poem::Result<Response> {
        let method = request.method().clone();
        request.set_method(Method::GET);
        let page = match &self.elsewhere {
            Some(elsewhere) => elsewhere.call(request).await,
            None => Err(Error::from(not_found()).into()),
        };
        let is_read = method == Method::GET || method == Method::HEAD;
        match page {
            Err(error) if error.status() == StatusCode::NOT_FOUND => {
                if self.methods.is_empty() {
                    return Err(error);
                }
                self.refuse(&method, false)
            }
            page if is_read => page,
            Err(error) => Err(error),
            Ok(_) => self.refuse(&method, true),
        }
    }

    /// 204 to `OPTIONS`, 405 to anything else, both with `Allow`.
    fn refuse(&self, method: &Method, has_page: bool) -> poem::Result<Response> {
        let reads = has_page || self.handler(&Method::GET).is_some();
        let allowed: Vec<&str> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
            .into_iter()
            .filter(|name| match *name {
                "GET" | "HEAD" => reads,
                "OPTIONS" => true,
                other => self.methods.iter().any(|(method, _)| method.as_str() == other),
            })
            .collect();
        let allowed =
            HeaderValue::from_str(&allowed.join(", ")).map_err(|e| Error::from(Fault::from(e)))?;
        if method == Method::OPTIONS {
            let mut response = StatusCode::NO_CONTENT.into_response();
            response.headers_mut().insert(ALLOW, allowed);
            return Ok(response);
        }
        Err(Error::from(method_not_allowed()).with_header(ALLOW, allowed).into())
    }
}

impl Endpoint for Table {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        match self.handler(request.method()) {
            Some(handler) => {
                // The edge takes the body away again; the handler need not know.
                if request.method() == Method::HEAD {
                    request.set_method(Method::GET);
                }
                // Caught here, inside the tree, so that a bug still tells which route it struck.
                caught(handler.call(request)).await
            }
            None if self.handler(&Method::GET).is_some() => self.refuse(request.method(), true),
            None => self.without_handler(request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed() -> Router {
        let said = |text: &'static str| endpoint(move |_| async move { text });
        let pages = endpoint(|request: Request| async move {
            match request.uri().path() {
                "/page" | "/form" => Ok("page"),
                _ => Err(Error::from(not_found())),
            }
        });
        Routes::new()
            .get("/", said("root"))
            .get("/things/:id", said("thing"))
            .delete("/things/:id", said("gone"))
            .post("/form", said("sent"))
            .elsewhere(pages)
            .finish()
            .unwrap()
    }

    async fn ask(method: Method, path: &str) -> (u16, String, String) {
        let request = Request::builder().method(method).uri(path.parse().unwrap()).finish();
        match routed().call(request).await {
            Ok(response) => {
                let allow = response.header("allow").unwrap_or_default().to_owned();
                let status = response.status().as_u16();
                (status, allow, response.into_body().into_string().await.unwrap())
            }
            Err(error) => {
                let error = Error::from(error);
                let allow = error.headers().first().map(|(_, v)| v.to_str().unwrap().to_owned());
                (error.status().as_u16(), allow.unwrap_or_default(), error.problem().slug.into())
            }
        }
    }

    #[tokio::test]
    async fn every_path_answers_every_method_in_some_way() {
        let cases = [
            (Method::GET, "/", (200, "", "root")),
            (Method::GET, "/things/7", (200, "", "thing")),
            (Method::HEAD, "/things/7", (200, "", "thing")),
            (Method::DELETE, "/things/7", (200, "", "gone")),
            (Method::POST, "/things/7", (405, "GET, HEAD, DELETE, OPTIONS", "method-not-allowed")),
            (Method::OPTIONS, "/things/7", (204, "GET, HEAD, DELETE, OPTIONS", "")),
            (Method::POST, "/", (405, "GET, HEAD, OPTIONS", "method-not-allowed")),
            (Method::GET, "/page", (200, "", "page")),
            (Method::POST, "/page", (405, "GET, HEAD, OPTIONS", "method-not-allowed")),
            (Method::POST, "/form", (200, "", "sent")),
            (Method::GET, "/form", (200, "", "page")),
            (Method::OPTIONS, "/form", (204, "GET, HEAD, POST, OPTIONS", "")),
            (Method::GET, "/nowhere", (404, "", "not-found")),
            (Method::PUT, "/nowhere", (404, "", "not-found")),
            (Method::GET, "/things/7/parts", (404, "", "not-found")),
        ];
        for (method, path, (status, allow, body)) in cases {
            let answer = ask(method.clone(), path).await;
            assert_eq!(answer, (status, allow.into(), body.into()), "{method} {path}");
        }
    }

    #[tokio::test]
    async fn a_form_without_its_page_refuses_to_be_read() {
        let routes = Routes::new().post("/form", endpoint(|_| async { "sent" })).finish().unwrap();
        let request = Request::builder().uri("/form".parse().unwrap()).finish();
        let error = Error::from(routes.call(request).await.unwrap_err());
        assert_eq!(error.status(), 405);
        assert_eq!(error.headers()[0].1, "POST, OPTIONS");
    }

    #[test]
    fn a_method_routed_twice_is_a_fault() {
        let twice = Routes::new()
            .get("/a", endpoint(|_| async { "1" }))
            .get("/a", endpoint(|_| async { "2" }));
        assert_eq!(twice.list().len(), 2);
        assert!(twice.finish().is_err());
    }
}

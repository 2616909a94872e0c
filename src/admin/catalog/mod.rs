//! The catalog at the desk: what there is and what is wrong with it, and every file of it edited
//! in a form or as text.

mod context;
mod diff;
mod editor;
mod file_api;
mod filter;
mod lists;
mod pictures;
mod products;
mod saving;
mod table;

use std::future::Future;

use poem::Response;

use crate::identity::{Desk, Right, Visit};
use crate::platform::web::Error;
use crate::storefront::Shelf;

/// Staff pages of the catalog.
#[must_use]
pub fn staff_routes(shelf: &Shelf) -> Desk {
    let (see, change) = (Right::SeeCatalog, Right::ChangeCatalog);
    Desk::new()
        .section("catalog", "Catalog", "/admin/catalog", see)
        .get("/admin/catalog", see, with(shelf, products::show))
        .and(products::KEPT.desk())
        .get("/admin/catalog/:folder", see, with(shelf, lists::show))
        .get("/admin/catalog/:folder/:slug", see, with(shelf, editor::show))
        .post("/admin/catalog/:folder/:slug", change, with(shelf, saving::post))
        .get("/admin/catalog/:folder/:slug/history", see, with(shelf, editor::history))
        .get("/admin/catalog/:folder/:slug/restore", change, with(shelf, saving::restore))
        .post("/admin/catalog/:folder/:slug/picture", change, with(shelf, pictures::upload))
        .get("/admin/catalog-pictures/*file", see, with(shelf, pictures::show))
        .get("/admin/api/products/:slug", see, with(shelf, file_api::show))
        .put("/admin/api/products/:slug", change, with(shelf, file_api::put))
        .delete("/admin/api/products/:slug", change, with(shelf, file_api::remove))
        .get("/admin/catalog-table", see, with(shelf, table::show))
        .get("/admin/catalog-table/products.csv", see, with(shelf, table::export))
        .post("/admin/catalog-table", change, with(shelf, table::import))
}

/// A handler that sees the shop's pages and files.
fn with<F, W>(shelf: &Shelf, handler: F) -> impl Fn(Visit) -> W + Send + Sync + use<F, W>
where
    F: Fn(Shelf, Visit) -> W + Send + Sync + 'static,
    W: Future<Output = Result<Response, Error>> + Send + 'static,
{
    let shelf = shelf.clone();
    move |visit| handler(shelf.clone(), visit)
}

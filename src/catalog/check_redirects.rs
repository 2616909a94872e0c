//! Redirects: one target for each old address, no loops, no chains, and a page at the end.

use std::collections::HashMap;

use super::addresses::{Found, find};
use super::model::{Catalog, Redirect};
use super::read::Reading;
use crate::platform::content::{Place, Wrong};

/// Checks all redirects together; one list holds those of `redirects.toml` and of every
/// `redirect_from`.
pub(super) fn check(r: &Reading<'_>, catalog: &Catalog) {
    let mut targets: HashMap<&str, &str> = HashMap::new();
    for redirect in &catalog.redirects {
        let from = redirect.from.as_str();
        if targets.contains_key(from) {
            let wrong = Wrong::error("redirect-duplicate", format!("{from} is redirected twice"));
            r.complaints.add(place(r, catalog, redirect, "from"), wrong.hint("keep one of them"));
            continue;
        }
        targets.insert(from, &redirect.to);
        if redirect.from == redirect.to {
            let wrong = Wrong::error("redirect-loop", format!("{from} leads to itself"));
            r.complaints.add(place(r, catalog, redirect, "from"), wrong.hint("remove it"));
        } else if find(catalog, from) == Found::Page {
            let message = format!("{from} is the address of a page, so nobody would be redirected");
            let wrong = Wrong::error("redirect-taken", message);
            r.complaints
                .add(place(r, catalog, redirect, "from"), wrong.hint("remove the redirect"));
        }
    }
    for redirect in &catalog.redirects {
        end(r, catalog, redirect, &targets);
    }
}

/// Lets every redirect lead to where its chain ends, so that nobody hops twice. What runs in a
/// circle was complained about before and stays as it is.
pub(super) fn shorten(redirects: &mut [Redirect]) {
    let targets: HashMap<String, String> =
        redirects.iter().map(|r| (r.from.clone(), r.to.clone())).collect();
    for redirect in redirects {
        let mut hops = 0;
        while let Some(next) = targets.get(&redirect.to).filter(|_| hops < targets.len()) {
            redirect.to.clone_from(next);
            hops += 1;
        }
    }
}

/// Follows one redirect to where it ends.
fn end(r: &Reading<'_>, catalog: &Catalog, redirect: &Redirect, targets: &HashMap<&str, &str>) {
    let mut steps = 0_usize;
    let mut at = redirect.to.as_str();
    while let Some(next) = targets.get(at) {
        steps += 1;
        at = next;
        if at == redirect.from || steps > targets.len() {
            if redirect.from != redirect.to {
                let message = format!("the redirect from {} leads in a circle", redirect.from);
                let wrong = Wrong::error("redirect-loop", message);
                r.complaints.add(
                    place(r, catalog, redirect, "from"),
                    wrong.hint("let one of them lead to a page"),
                );
            }
            return;
        }
    }
    if steps > 0 && redirect.from != redirect.to {
        let message = format!("{} leads to another redirect", redirect.from);
        let wrong = Wrong::warning("redirect-chain", message);
        r.complaints.add(
            place(r, catalog, redirect, "from"),
            wrong.hint(format!("let it lead to {at} at once")),
        );
        return;
    }
    let wrong = match find(catalog, at) {
        Found::Page => return,
        // A product's own old address may wait until the product is live.
        Found::Hidden => Wrong::warning(
            "redirect-hidden",
            format!("{at} is not live, so the redirect leads nowhere yet"),
        )
        .hint("set its status to live, or choose another target"),
        Found::Nothing(likely) => {
            if !r.complaints.names_complete() {
                return;
            }
            let wrong = Wrong::error("redirect-target", format!("there is no page at {at}"));
            match likely {
                Some(likely) => wrong.hint(format!("did you mean {likely}?")),
                None => wrong.hint("let it lead to a page of the shop"),
            }
        }
    };
    r.complaints.add(place(r, catalog, redirect, "to"), wrong);
}

/// Where a redirect was written: those of `redirects.toml` stand first in the list, the others
/// belong to what they lead to.
fn place(r: &Reading<'_>, catalog: &Catalog, redirect: &Redirect, key: &str) -> Place {
    let file = "redirects.toml";
    let at = catalog.redirects.iter().position(|x| std::ptr::eq(x, redirect)).unwrap_or(0);
    let place = r.tree.place(file, &format!("redirects.{at}.{key}"));
    // A shorter list gives the list itself, which is not where this one stands.
    let written = r.tree.text(file).and_then(|t| t.get(place.span.clone()));
    if written.is_some_and(|t| t.contains(&redirect.from) || t.contains(&redirect.to)) {
        return place;
    }
    let to = redirect.to.trim_matches('/');
    let owner = match to.split_once('/') {
        Some(("product", slug)) => format!("products/{slug}.toml"),
        Some(("bundle", slug)) => format!("bundles/{slug}.toml"),
        Some(("page", slug)) => format!("pages/{slug}.md"),
        Some(("category", path)) => {
            format!("categories/{}.toml", path.split('/').next().unwrap_or(path))
        }
        _ => file.to_owned(),
    };
    r.tree.place(&owner, "redirect_from")
}

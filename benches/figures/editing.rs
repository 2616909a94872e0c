//! A product is saved while thousands are served: how long until a reader has the new page.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ureq::Agent;

use crate::catalog::{self, Thing};
use crate::others::hugo;
use crate::process::{Server, client, get};
use crate::table::{Goal, alone, compared, heading, left_out, part};
use crate::{KIOSK, building, free_port};

/// Times a product is saved.
const EDITS: usize = 20;
/// The longest a change may take to show.
const PATIENCE: Duration = Duration::from_secs(30);

/// One product's page under a name, and the file behind it.
struct Edited<'a> {
    agent: Agent,
    url: String,
    put: &'a dyn Fn(&Thing),
    /// Products in the shop.
    count: usize,
}

impl Edited<'_> {
    /// Saves a new title; milliseconds until the page has it, nothing when it never came.
    fn save(&self, n: usize, round: usize) -> Option<f64> {
        let mut thing = Thing::new(n, self.count);
        let word = format!("Renamed{round}x");
        thing.title = format!("{word} {}", thing.title);
        let begun = Instant::now();
        (self.put)(&thing);
        while !get(&self.agent, &self.url).1.contains(&word) {
            if begun.elapsed() > PATIENCE {
                left_out("an edit", &format!("{word} never came to {}", self.url));
                return None;
            }
        }
        Some(begun.elapsed().as_secs_f64() * 1000.0)
    }
}

/// Saves products of both sites in turn.
pub(crate) fn report(data: &Path, count: usize) {
    heading("A product saved, until its new page is read (the other: Hugo's server)");
    println!("{count} products, {EDITS} edits");
    let n = count / 2;
    let page = format!("/product/thing-{n}/");
    let content = building::kiosk_site(count);
    let mut command = Command::new(KIOSK);
    command.arg("serve");
    let shop = Server::kiosk(command, &content, &data.join("edited"), &page);
    alone("the shop has settled after", shop.settled_s(), "s", Goal::Told);
    let put = |thing: &Thing| catalog::put_kiosk_product(&content, thing);
    let ours = Edited { agent: client(), url: format!("{}{page}", shop.base), put: &put, count };
    let hugo = hugo().inspect_err(|why| left_out("Hugo's server", why)).ok();
    let other = hugo.map(|hugo| {
        let site = building::hugo_site(count, &building::edition(&content));
        let port = free_port();
        let mut command = Command::new(hugo);
        command.args(["server", "--disableLiveReload", "--noBuildLock", "--bind", "127.0.0.1"]);
        command.args(["--port", &port.to_string(), "--source"]).arg(&site);
        (Server::other(command, format!("http://127.0.0.1:{port}"), &page), site)
    });
    let put = |thing: &Thing| {
        let (_, site) = other.as_ref().expect("only asked for with a site");
        catalog::put_hugo_product(site, thing);
    };
    let theirs = other.as_ref().map(|(server, _)| {
        let url = format!("{}{page}", server.base);
        Edited { agent: client(), url, put: &put, count }
    });
    let (mut times, mut other_times) = (Vec::new(), Vec::new());
    for round in 0..EDITS {
        times.extend(ours.save(n, round));
        other_times.extend(theirs.as_ref().and_then(|theirs| theirs.save(n, round)));
        if times.is_empty() {
            return left_out("edits", "a shop that is this slow has no figure");
        }
    }
    for (name, percent, most) in
        [("half of them within", 50, 20.0), ("the slowest within", 100, 40.0)]
    {
        let ours = part(times.iter().copied(), percent);
        alone(name, ours, "ms", Goal::Most(most));
        if !other_times.is_empty() {
            let theirs = part(other_times.iter().copied(), percent);
            compared(name, ours, theirs, "ms", Goal::Most(1.0 / 60.0));
        }
    }
    alone("memory of the shop", shop.memory_mib(), "MiB", Goal::Told);
    if let Some((server, _)) = &other {
        alone("memory of Hugo's server", server.memory_mib(), "MiB", Goal::Told);
    }
}

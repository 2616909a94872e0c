//! A power cut at a commit nobody chose: after the n-th commit from now, the writer thread stands
//! still with the commit on disk and nobody told; what lies on disk at that moment is what a
//! restart finds.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};

use kiosk::base::fault::{Failure, Never};
use kiosk::platform::db::Db;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use tokio::sync::oneshot;

struct Fuse {
    commits_left: u32,
    blow: oneshot::Sender<()>,
    go_on: Receiver<()>,
}

thread_local! {
    /// Lives in the writer thread of the shop whose power will be cut.
    static FUSE: RefCell<Option<Fuse>> = const { RefCell::new(None) };
}

/// The other end of a fuse that has been lit.
pub struct Lit {
    /// Completes when the n-th commit is on disk.
    pub blown: oneshot::Receiver<()>,
    /// Dropped or sent to, it lets the writer thread go on.
    pub go_on: Sender<()>,
}

fn on_statement(event: TraceEvent) {
    let TraceEvent::Profile(statement, _) = event else { return };
    if !statement.sql().trim_start().starts_with("COMMIT") {
        return;
    }
    let due = FUSE.with_borrow_mut(|slot| {
        let fuse = slot.as_mut()?;
        fuse.commits_left = fuse.commits_left.saturating_sub(1);
        if fuse.commits_left == 0 { slot.take() } else { None }
    });
    if let Some(fuse) = due {
        let _ = fuse.blow.send(());
        let _ = fuse.go_on.recv();
    }
}

/// Lights a fuse that burns for so many commits.
pub fn light(db: &Db, commits: u32) -> Lit {
    let ((blow, blown), (go_on, wait)) = (oneshot::channel(), channel());
    let lit = db.write_blocking(move |tx| {
        // The commit of this very transaction is the first one seen.
        let fuse = Fuse { commits_left: commits + 1, blow, go_on: wait };
        FUSE.with_borrow_mut(|slot| *slot = Some(fuse));
        tx.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(on_statement));
        Ok::<_, Failure<Never>>(())
    });
    lit.expect("the writer lives");
    Lit { blown, go_on }
}

/// Puts out a fuse that has not burnt down.
pub fn put_out(db: &Db) {
    let out = db.write_blocking(|tx| {
        FUSE.with_borrow_mut(|slot| *slot = None);
        tx.trace_v2(TraceEventCodes::empty(), None);
        Ok::<_, Failure<Never>>(())
    });
    out.expect("the writer lives");
}

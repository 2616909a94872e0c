//! A bug of one handler ends its own request and nothing else.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use super::problem::Error;
use crate::base::Fault;

/// Runs a handler; a panic inside becomes a fault that repeats its text.
pub(super) async fn caught<T>(handler: impl Future<Output = poem::Result<T>>) -> poem::Result<T> {
    let mut handler = pin!(handler);
    // The future is dropped after a panic, so nobody sees what it left half done.
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(polled) => polled,
        Err(panic) => {
            let fault = Fault::new(format!("panic: {}", words_of(panic.as_ref())));
            Poll::Ready(Err(Error::from(fault).into()))
        }
    })
    .await
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_fault() {
        assert_eq!(caught(async { Ok(1) }).await.unwrap(), 1);
        let bug = caught::<()>(async { panic!("on {}", "fire") }).await.unwrap_err();
        assert_eq!(Error::from(bug).status(), 500);
    }
}

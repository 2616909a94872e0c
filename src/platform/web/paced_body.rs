//! A request body that must keep a pace: a base time and some more for every byte that came.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Fails with [`io::ErrorKind::TimedOut`] when the sender falls behind.
pub(super) struct PacedBody {
    inner: BoxBody<Bytes, io::Error>,
    base: Duration,
    bytes_per_s: u64,
    received_bytes: u64,
    is_read: Arc<AtomicBool>,
    /// Set when reading first had to wait.
    began: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl PacedBody {
    /// `base` to begin with and a second more for every `bytes_per_s` received.
    pub(super) fn new(inner: BoxBody<Bytes, io::Error>, base: Duration, bytes_per_s: u64) -> Self {
        let bytes_per_s = bytes_per_s.max(1);
        Self { inner, base, bytes_per_s, received_bytes: 0, is_read: Arc::default(), began: None }
    }

    /// Turns true once all of the body was read.
    pub(super) fn is_read(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_read)
    }

    fn allowed(&self) -> Duration {
        self.base + Duration::from_millis(self.received_bytes * 1000 / self.bytes_per_s)
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) || self.inner.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                self.received_bytes += u64::try_from(length).unwrap_or(u64::MAX / 1000);
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(end) => return Poll::Ready(end),
            Poll::Pending => {}
        }
        let allowed = self.allowed();
        let (start, sleep) = self.began.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + allowed)))
        });
        let until = *start + allowed;
        if sleep.deadline() != until {
            sleep.as_mut().reset(until);
        }
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

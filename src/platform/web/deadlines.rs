//! How long a connection may keep silent, and the stream that notices.
//!
//! hyper's own header timer also runs while a connection idles between requests, and knows no
//! write timer; so the times are kept here, for the price of two atomics.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::serve::ServeLimits;

/// No deadline is set.
const NEVER: u64 = u64::MAX;

/// The moments by which a connection must have moved, in milliseconds since it was opened.
pub(super) struct Deadlines {
    opened: Instant,
    header: Duration,
    idle: Duration,
    write_stall: Duration,
    shortest: Duration,
    waiting: AtomicBool,
    read_by_ms: AtomicU64,
    write_by_ms: AtomicU64,
}

impl Deadlines {
    /// A connection just opened: its first byte is due.
    pub(super) fn new(limits: &ServeLimits) -> Arc<Self> {
        let times = [limits.first_byte, limits.header, limits.idle, limits.write_stall];
        let deadlines = Self {
            opened: Instant::now(),
            header: limits.header,
            idle: limits.idle,
            write_stall: limits.write_stall,
            shortest: times.into_iter().min().unwrap_or(limits.header),
            waiting: AtomicBool::new(true),
            read_by_ms: AtomicU64::new(NEVER),
            write_by_ms: AtomicU64::new(NEVER),
        };
        deadlines.read_by_ms.store(deadlines.in_(limits.first_byte), Ordering::Relaxed);
        Arc::new(deadlines)
    }

    /// The first byte of a request came: its headers are due.
    fn bytes_came(&self) {
        if self.waiting.swap(false, Ordering::Relaxed) {
            self.read_by_ms.store(self.in_(self.header), Ordering::Relaxed);
        }
    }

    /// The headers are complete; the body has its own pace.
    pub(super) fn request_came(&self) {
        self.waiting.store(false, Ordering::Relaxed);
        self.read_by_ms.store(NEVER, Ordering::Relaxed);
    }

    /// The answer is complete: the next request may take its time.
    fn answered(&self) {
        self.read_by_ms.store(self.in_(self.idle), Ordering::Relaxed);
        self.waiting.store(true, Ordering::Relaxed);
    }

    fn write_stuck(&self) {
        if self.write_by_ms.load(Ordering::Relaxed) == NEVER {
            self.write_by_ms.store(self.in_(self.write_stall), Ordering::Relaxed);
        }
    }

    fn write_moved(&self) {
        self.write_by_ms.store(NEVER, Ordering::Relaxed);
    }

    /// Waits until a deadline has passed.
    pub(super) async fn passed(&self) {
        loop {
            let due = self.due_ms();
            let now = self.in_(Duration::ZERO);
            if due <= now {
                return;
            }
            // No deadline set while we sleep can be nearer than the shortest of the times, so
            // none is missed although nobody wakes us.
            let wake = due.min(self.in_(self.shortest));
            sleep_until(self.opened + Duration::from_millis(wake)).await;
        }
    }

    fn due_ms(&self) -> u64 {
        let write_by = self.write_by_ms.load(Ordering::Relaxed);
        self.read_by_ms.load(Ordering::Relaxed).min(write_by)
    }

    fn in_(&self, time: Duration) -> u64 {
        u64::try_from((self.opened.elapsed() + time).as_millis()).unwrap_or(NEVER - 1)
    }
}

/// A socket that tells its deadlines what moves.
pub(super) struct WatchedStream {
    stream: TcpStream,
    deadlines: Arc<Deadlines>,
}

impl WatchedStream {
    pub(super) fn new(stream: TcpStream, deadlines: Arc<Deadlines>) -> Self {
        Self { stream, deadlines }
    }

    fn noting<T>(&self, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &write {
            Poll::Pending => self.deadlines.write_stuck(),
            Poll::Ready(_) => self.deadlines.write_moved(),
        }
        write
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.deadlines.bytes_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noting(write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.noting(write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An answer's body; when it is sent or given up, the connection waits for the next request.
pub(super) struct AnswerBody<B> {
    pub(super) body: B,
    pub(super) deadlines: Arc<Deadlines>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for AnswerBody<B> {
    fn drop(&mut self) {
        self.deadlines.answered();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> ServeLimits {
        ServeLimits {
            first_byte: Duration::from_secs(15),
            header: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            write_stall: Duration::from_secs(20),
            ..ServeLimits::default()
        }
    }

    /// Whether the deadline lies so many seconds after a moment between the opening and now.
    fn is_due_in_s(deadlines: &Deadlines, seconds: u64) -> bool {
        let due_ms = deadlines.due_ms();
        due_ms >= seconds * 1000 && due_ms <= deadlines.in_(Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn each_phase_has_its_own_time() {
        let deadlines = Deadlines::new(&limits());
        assert!(is_due_in_s(&deadlines, 15));
        deadlines.bytes_came();
        assert!(is_due_in_s(&deadlines, 10));
        let due_ms = deadlines.due_ms();
        tokio::time::sleep(Duration::from_millis(5)).await;
        deadlines.bytes_came();
        assert_eq!(deadlines.due_ms(), due_ms, "more bytes buy no more time");
        deadlines.request_came();
        assert_eq!(deadlines.due_ms(), NEVER);
        deadlines.write_stuck();
        assert!(is_due_in_s(&deadlines, 20));
        deadlines.write_moved();
        deadlines.answered();
        assert!(is_due_in_s(&deadlines, 60));
    }

    #[tokio::test]
    async fn a_deadline_set_during_the_wait_is_kept() {
        let short = Duration::from_millis(20);
        let deadlines = Deadlines::new(&ServeLimits { write_stall: short, ..limits() });
        deadlines.request_came();
        let later = async {
            tokio::time::sleep(short * 3).await;
            deadlines.write_stuck();
        };
        tokio::join!(deadlines.passed(), later);
        assert!(deadlines.in_(Duration::ZERO) >= 80);
    }
}

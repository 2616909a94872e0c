//! The accept loop: hyper under poem, with limits on connections, bytes and time.
//!
//! poem's own server sets no timers: a header sent byte by byte holds its line for ever, and
//! accept errors spin.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::http::header::{self, HeaderValue};
use poem::http::{self, uri::Scheme};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Body, Endpoint, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::addresses::{Network, neighbourhood};
use super::deadlines::{AnswerBody, Deadlines, WatchedStream};
use super::paced_body::PacedBody;

/// Bytes of a request's line and headers; hyper allows 100 header fields by itself.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// The pause after an accept that failed, as when no file descriptors are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many connections, and how long each may take over what.
#[derive(Clone, Debug)]
pub struct ServeLimits {
    /// Connections in all; further ones wait in the system's queue.
    pub connections_max: usize,
    /// Connections of one address (of one /64 for IPv6); further ones are closed at once.
    pub connections_per_address_max: usize,
    /// Addresses without that limit, such as proxies that speak for many.
    pub unlimited: Vec<Network>,
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its headers.
    pub header: Duration,
    /// From an answer to the first byte of the next request.
    pub idle: Duration,
    /// For which a reader may accept no byte of an answer.
    pub write_stall: Duration,
    /// For a request body to come, besides the time its size adds.
    pub body: Duration,
    /// Received bytes that add a second to it.
    pub body_bytes_per_s: u64,
    /// For open requests to finish after the shutdown was asked for.
    pub drain: Duration,
    /// For a sender to notice an early answer, such as 413, before its line is cut.
    pub linger: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_address_max: 64,
            unlimited: Vec::new(),
            first_byte: Duration::from_secs(15),
            header: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            write_stall: Duration::from_secs(20),
            body: Duration::from_secs(10),
            body_bytes_per_s: 16 * 1024,
            drain: Duration::from_secs(15),
            linger: Duration::from_secs(2),
        }
    }
}

/// Answers a request without a body from memory, or leaves it to the endpoint. Such answers carry
/// everything they need, and are not logged one by one.
pub type Shortcut =
    Arc<dyn Fn(&http::Request<Incoming>) -> Option<http::Response<Bytes>> + Send + Sync>;

/// Answers HTTP/1.1 on `listener` until `shutdown` completes; then accepts nothing more, lets
/// open requests finish for at most `limits.drain`, and returns.
pub async fn serve<E>(
    listener: TcpListener,
    endpoint: E,
    shortcut: Option<Shortcut>,
    limits: ServeLimits,
    shutdown: impl Future<Output = ()>,
) where
    E: Endpoint<Output = Response> + 'static,
{
    let server = Arc::new(Server { endpoint, shortcut, crowd: Crowd::default(), limits });
    let places = Arc::new(Semaphore::new(server.limits.connections_max));
    let (stop, stopping) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, peer) = listener.accept().await?;
            Ok::<_, io::Error>((place, stream, peer))
        };
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = next => accepted,
        };
        while open.try_join_next().is_some() {}
        match accepted {
            Ok((place, stream, peer)) => {
                if let Some(seat) = server.admit(peer.ip()) {
                    let line = Line { stream, peer, _place: place, _seat: seat };
                    open.spawn(line.talk(Arc::clone(&server), stopping.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    let drained = timeout(server.limits.drain, async { while open.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!(open = open.len(), "requests were cut at shutdown");
    }
    open.shutdown().await;
}

struct Server<E> {
    endpoint: E,
    shortcut: Option<Shortcut>,
    crowd: Crowd,
    limits: ServeLimits,
}

impl<E: Endpoint<Output = Response>> Server<E> {
    /// A seat for one more connection of this address, if there is one.
    fn admit(&self, address: IpAddr) -> Option<Seat> {
        let unlimited = self.limits.unlimited.iter().any(|network| network.contains(address));
        let max = if unlimited { usize::MAX } else { self.limits.connections_per_address_max };
        self.crowd.enter(neighbourhood(address), max)
    }

    async fn answer(
        &self,
        request: http::Request<Incoming>,
        local: LocalAddr,
        remote: RemoteAddr,
        deadlines: Arc<Deadlines>,
    ) -> http::Response<AnswerBody<BoxBody<Bytes, io::Error>>> {
        deadlines.request_came();
        let has_body = !request.body().is_end_stream();
        let ready = self.shortcut.as_ref().filter(|_| !has_body);
        if let Some(response) = ready.and_then(|shortcut| shortcut(&request)) {
            let body = |bytes| BoxBody::new(Full::new(bytes).map_err(|never| match never {}));
            return response.map(|bytes| AnswerBody { body: body(bytes), deadlines });
        }
        let mut request = Request::from((request, local, remote, Scheme::HTTP));
        let mut is_read = None;
        if has_body {
            let body = request.take_body().into();
            let paced = PacedBody::new(body, self.limits.body, self.limits.body_bytes_per_s);
            is_read = Some(paced.is_read());
            request.set_body(Body::from(BoxBody::new(paced)));
        }
        let mut response: http::Response<BoxBody<Bytes, io::Error>> =
            self.endpoint.get_response(request).await.into();
        // hyper closes a line whose request was answered unread. Unless the answer says so, the
        // next request is lost on it (RFC 9112, 9.6).
        if is_read.is_some_and(|is_read| !is_read.load(Ordering::Relaxed)) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.map(|body| AnswerBody { body, deadlines })
    }
}

/// One connection and what it occupies.
struct Line {
    stream: TcpStream,
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
    _seat: Seat,
}

impl Line {
    async fn talk<E>(self, server: Arc<Server<E>>, mut stopping: watch::Receiver<bool>)
    where
        E: Endpoint<Output = Response> + 'static,
    {
        let Self { stream, peer, _place, _seat } = self;
        let Ok(local) = stream.local_addr() else { return };
        // An answer is written at once; waiting for more to send would only delay it.
        stream.set_nodelay(true).ok();
        let linger = server.limits.linger;
        let deadlines = Deadlines::new(&server.limits);
        let io = TokioIo::new(WatchedStream::new(stream, Arc::clone(&deadlines)));
        let service = service_fn(|request| {
            let (server, deadlines) = (Arc::clone(&server), Arc::clone(&deadlines));
            let local = LocalAddr(Addr::SocketAddr(local));
            let remote = RemoteAddr(Addr::SocketAddr(peer));
            Box::pin(async move {
                Ok::<_, Infallible>(server.answer(request, local, remote, deadlines).await)
            })
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(HEADER_BYTES_MAX)
            .max_header_size(HEADER_BYTES_MAX)
            .serve_connection(io, service);

        let mut late = pin!(deadlines.passed());
        let mut told = false;
        loop {
            tokio::select! {
                _ = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break,
                () = &mut late => return,
                _ = stopping.wait_for(|stop| *stop), if !told => told = true,
            }
            // Only the wish to stop leads here: finish the open request, then close.
            Pin::new(&mut connection).graceful_shutdown();
        }
        let stream = connection.into_parts().io.into_inner();
        timeout(linger, say_goodbye(stream)).await.ok();
    }
}

/// Ends our side and reads on until the other side ends too. Closing a socket with unread bytes
/// resets it, and the sender of a too large body would never see the answer that says so.
async fn say_goodbye(mut stream: WatchedStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut waste = [0; 4096];
    while stream.read(&mut waste).await? > 0 {}
    Ok(())
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Crowd {
    fn enter(&self, address: IpAddr, max: usize) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(address).or_default();
        if *taken >= max {
            return None;
        }
        *taken += 1;
        Some(Seat { crowd: self.clone(), address })
    }
}

/// A connection's place among those of its address, given back when dropped.
struct Seat {
    crowd: Crowd,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.address) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                seats.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_come_back_when_left() {
        let crowd = Crowd::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let first = crowd.enter(address, 2);
        let second = crowd.enter(address, 2);
        assert!(first.is_some() && second.is_some());
        assert!(crowd.enter(address, 2).is_none());
        assert!(crowd.enter(IpAddr::from([192, 0, 2, 2]), 2).is_some());
        drop(first);
        assert!(crowd.enter(address, 2).is_some());
        drop(second);
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}

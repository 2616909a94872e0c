//! A server of nothing but the web machinery, and raw sockets to speak to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use kiosk::base::{Fault, Problem, Randomness};
use kiosk::platform::telemetry::Reports;
use kiosk::platform::web::{
    Edge, EdgeSettings, Error, PageMaker, Prebuilt, Router, Routes, ServeLimits, endpoint,
    read_bytes, read_form, read_path, serve,
};
use poem::{Request, Response};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A running server; dropping it stops it.
pub(crate) struct Site {
    pub address: SocketAddr,
    pub stop: Option<oneshot::Sender<()>>,
    pub thread: Option<std::thread::JoinHandle<()>>,
}

impl Site {
    pub(crate) fn open(limits: ServeLimits) -> Self {
        let (told, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let shutdown = async { stopped.await.unwrap_or(()) };
                serve(listener, edge(), None, limits, shutdown).await;
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends raw bytes and reads until the server closes.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).unwrap();
        Answer::parse(&raw)
    }

    pub(crate) fn ask(&self, line: &str, headers: &str, body: &str) -> Answer {
        let head = format!("{line} HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n{headers}");
        let length = match body.len() {
            0 => String::new(),
            length => format!("content-length: {length}\r\n"),
        };
        self.send(format!("{head}{length}\r\n{body}").as_bytes())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.take().unwrap().send(()).ok();
        self.thread.take().unwrap().join().unwrap();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8_lossy(raw);
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn problem(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        assert!(problem["type"].as_str().unwrap().starts_with("/problems/"));
        for member in ["title", "detail", "request_id"] {
            assert!(problem[member].is_string(), "{member}");
        }
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    sku: String,
    count: u32,
}

pub(crate) fn edge() -> Edge<Router> {
    let page = Prebuilt::new("text/html", "public, max-age=60", "h1", "<p>hello</p>").unwrap();
    let routes = Routes::new()
        .get("/hello", endpoint(|_| async { "hello" }))
        .get(
            "/page",
            endpoint(move |request: Request| {
                let answer = page.answer(request.headers());
                async move { answer }
            }),
        )
        .get(
            "/numbers/:n",
            endpoint(|request: Request| async move {
                let n: u32 = read_path(&request)?;
                Ok::<_, Error>(n.to_string())
            }),
        )
        .get(
            "/names/:name",
            endpoint(|request: Request| async move { read_path::<String>(&request) }),
        )
        .get("/panic", endpoint(|_| async { panic!("secret of the panic") as &str }))
        .get(
            "/fault",
            endpoint(|_| async {
                Err::<Response, _>(Error::from(Fault::new("secret of the fault")))
            }),
        )
        .get("/busy", endpoint(|_| async { Err::<Response, _>(Error::from(Fault::busy("queue"))) }))
        .get(
            "/api/slow",
            endpoint(|_| async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                "done"
            }),
        )
        .get("/large", endpoint(|_| async { "x".repeat(64 * 1024 * 1024) }))
        .post(
            "/wishes",
            endpoint(|mut request: Request| async move {
                let wish: Wish = read_form(&mut request).await?;
                Ok::<_, Error>(format!("{} {}", wish.count, wish.sku))
            }),
        )
        .post(
            "/hooks/in",
            endpoint(|mut request: Request| async move {
                Ok::<_, Error>(read_bytes(&mut request, 1024 * 1024).await?.len().to_string())
            }),
        );
    let pages: PageMaker =
        Arc::new(|problem: &Problem, id| Some(format!("<h1>{}</h1><p>{id}", problem.title)));
    let settings = EdgeSettings {
        public_url: "https://shop.test".into(),
        form_targets: vec!["https://pay.test".into()],
        random: Randomness::seeded(1),
        pages: Some(pages),
        reports: Reports::default(),
        traffic: Arc::default(),
    };
    Edge::new(routes.finish().unwrap(), settings).unwrap()
}

pub(crate) fn open() -> Site {
    Site::open(ServeLimits { linger: Duration::from_secs(10), ..ServeLimits::default() })
}

pub(crate) const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

//! A mail server on this machine: takes letters the way a real one does, over TLS and for a
//! password where it is told to, and says no when told to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Good for 127.0.0.1 until 2120; its authority is `mail_authority.pem` beside it.
const CERTIFICATE: &[u8] = include_bytes!("../fixtures/tls/mail.pem");
const KEY: &[u8] = include_bytes!("../fixtures/tls/key.pem");

/// How a mail server wants to be spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// In the clear, by anybody.
    Plain,
    /// By whoever says STARTTLS and then the password.
    StartTls,
    /// Over TLS from the first byte, by whoever says the password.
    Tls,
}

/// A mail server. Dropping it leaves its port to nobody.
pub struct PostOffice {
    address: SocketAddr,
    manner: Manner,
    counter: Arc<Counter>,
}

/// What all conversations share.
struct Counter {
    manner: Manner,
    taken: Mutex<Vec<Vec<u8>>>,
    answer: Mutex<Option<&'static str>>,
    tls: Arc<ServerConfig>,
}

impl PostOffice {
    /// Who may send over TLS, and with which password.
    pub const USER: &'static str = "shop@mail.example";
    pub const PASSWORD: &'static str = "kettle/fern@orbit";

    /// On a port of its own.
    pub fn open() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    /// On this address: for a server that comes back.
    pub fn at(address: SocketAddr) -> Self {
        Self::of(address, Manner::Plain)
    }

    /// On a port of its own, for those who know the password.
    pub fn guarded(manner: Manner) -> Self {
        Self::of("127.0.0.1:0".parse().unwrap(), manner)
    }

    fn of(address: SocketAddr, manner: Manner) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let counter = Arc::new(Counter {
            manner,
            taken: Mutex::default(),
            answer: Mutex::default(),
            tls: Arc::new(tls.unwrap()),
        });
        let office = Self { address, manner, counter: Arc::clone(&counter) };
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                // Whoever hangs up in the middle ends the conversation, nothing else.
                std::thread::spawn(move || drop(counter.serve(line)));
            }
        });
        office
    }

    /// What `KIOSK_SMTP_URL` would be.
    pub fn url(&self) -> String {
        self.url_with(Self::PASSWORD)
    }

    /// The same with this password.
    pub fn url_with(&self, password: &str) -> String {
        let escape = |text: &str| text.replace('@', "%40").replace('/', "%2F");
        let (user, password) = (escape(Self::USER), escape(password));
        match self.manner {
            Manner::Plain => format!("smtp://{}", self.address),
            Manner::StartTls => format!("smtp://{user}:{password}@{}", self.address),
            Manner::Tls => format!("smtps://{user}:{password}@{}", self.address),
        }
    }

    /// Says this to every recipient from now on, such as `550 5.1.1 nobody here`.
    pub fn says(&self, answer: Option<&'static str>) {
        *self.counter.answer.lock().unwrap() = answer;
    }

    /// Every letter taken so far, as it came.
    pub fn letters(&self) -> Vec<Vec<u8>> {
        self.counter.taken.lock().unwrap().clone()
    }
}

/// What a conversation goes over.
enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.read(into),
            Self::Tls(wire) => wire.read(into),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.write(from),
            Self::Tls(wire) => wire.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(wire) => wire.flush(),
            Self::Tls(wire) => wire.flush(),
        }
    }
}

impl Counter {
    fn secured(&self, wire: TcpStream) -> Wire {
        let connection = ServerConnection::new(Arc::clone(&self.tls)).unwrap();
        Wire::Tls(Box::new(StreamOwned::new(connection, wire)))
    }

    /// One conversation, from its greeting.
    fn serve(&self, wire: TcpStream) -> io::Result<()> {
        let wire = match self.manner {
            Manner::Tls => self.secured(wire),
            Manner::Plain | Manner::StartTls => Wire::Plain(wire),
        };
        let mut wire = BufReader::new(wire);
        wire.get_mut().write_all(b"220 mail.example ESMTP\r\n")?;
        if !self.speak(&mut wire)? {
            return Ok(());
        }
        if let Wire::Plain(plain) = wire.into_inner() {
            // After STARTTLS everything begins anew, without a greeting.
            self.speak(&mut BufReader::new(self.secured(plain)))?;
        }
        Ok(())
    }

    /// Speaks until the other side is done, or wants to go on over TLS.
    fn speak(&self, wire: &mut BufReader<Wire>) -> io::Result<bool> {
        let is_tls = matches!(wire.get_ref(), Wire::Tls(_));
        let (mut is_known, mut letter, mut is_letter) =
            (self.manner == Manner::Plain, Vec::new(), false);
        loop {
            let mut words = Vec::new();
            if wire.read_until(b'\n', &mut words)? == 0 {
                return Ok(false);
            }
            let line = String::from_utf8_lossy(&words).trim_end().to_owned();
            let reply = match (is_letter, line.as_str()) {
                (true, ".") => {
                    is_letter = false;
                    let mut taken = self.taken.lock().unwrap();
                    taken.push(std::mem::take(&mut letter));
                    format!("250 2.0.0 taken as {}", 4710 + taken.len())
                }
                (true, _) => {
                    // A dot at the beginning of a line is doubled on the way.
                    let from = usize::from(words.starts_with(b".."));
                    letter.extend_from_slice(&words[from..]);
                    continue;
                }
                (_, "STARTTLS") if !is_tls => {
                    wire.get_mut().write_all(b"220 go on\r\n")?;
                    return Ok(true);
                }
                (_, "QUIT") => {
                    wire.get_mut().write_all(b"221 bye\r\n")?;
                    return Ok(false);
                }
                (_, line) if line.starts_with("EHLO") => self.offer(is_tls),
                (_, line) if line.starts_with("AUTH") => {
                    is_known = is_tls && line == signed_in();
                    let no = "535 5.7.8 who are you";
                    if is_known { "235 2.7.0 welcome" } else { no }.to_owned()
                }
                (_, _) if !is_known => "530 5.7.0 say who you are first".to_owned(),
                (_, "DATA") => {
                    is_letter = true;
                    "354 go on".to_owned()
                }
                (_, line) if line.starts_with("RCPT") => {
                    self.answer.lock().unwrap().unwrap_or("250 fine").to_owned()
                }
                _ => "250 fine".to_owned(),
            };
            wire.get_mut().write_all(format!("{reply}\r\n").as_bytes())?;
        }
    }

    /// What it can do, and only over TLS hear a password.
    fn offer(&self, is_tls: bool) -> String {
        match (self.manner, is_tls) {
            (Manner::Plain, _) => "250 fine".to_owned(),
            (_, true) => "250-mail.example\r\n250 AUTH PLAIN".to_owned(),
            (_, false) => "250-mail.example\r\n250 STARTTLS".to_owned(),
        }
    }
}

/// The line that says the right user and password.
fn signed_in() -> String {
    let words = format!("\0{}\0{}", PostOffice::USER, PostOffice::PASSWORD);
    format!("AUTH PLAIN {}", BASE64.encode(words))
}

//! A mail server on this machine: takes letters the way a real one does, and says no when told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail server. Dropping it leaves its port to nobody.
pub struct PostOffice {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Vec<u8>>>>,
    answer: Arc<Mutex<Option<&'static str>>>,
}

impl PostOffice {
    /// On a port of its own.
    pub fn open() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    /// On this address: for a server that comes back.
    pub fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (taken, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
        let office = Self { address, taken, answer };
        let (taken, answer) = (Arc::clone(&office.taken), Arc::clone(&office.answer));
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let (taken, answer) = (Arc::clone(&taken), Arc::clone(&answer));
                std::thread::spawn(move || speak(&line, &taken, &answer));
            }
        });
        office
    }

    /// What `KIOSK_SMTP_URL` would be.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Says this to every recipient from now on, such as `550 5.1.1 nobody here`.
    pub fn says(&self, answer: Option<&'static str>) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Every letter taken so far, as it came.
    pub fn letters(&self) -> Vec<Vec<u8>> {
        self.taken.lock().unwrap().clone()
    }
}

/// One conversation.
fn speak(line: &TcpStream, taken: &Mutex<Vec<Vec<u8>>>, answer: &Mutex<Option<&'static str>>) {
    let (mut out, mut said) = (line, BufReader::new(line));
    let (mut letter, mut is_letter) = (Vec::new(), false);
    out.write_all(b"220 mail.example ESMTP\r\n").unwrap();
    loop {
        let mut words = Vec::new();
        if said.read_until(b'\n', &mut words).unwrap_or(0) == 0 {
            return;
        }
        let line = String::from_utf8_lossy(&words).trim_end().to_owned();
        let reply = match (is_letter, line.as_str()) {
            (true, ".") => {
                is_letter = false;
                taken.lock().unwrap().push(std::mem::take(&mut letter));
                format!("250 2.0.0 taken as {}", 4710 + taken.lock().unwrap().len())
            }
            (true, _) => {
                // A dot at the beginning of a line is doubled on the way.
                let from = usize::from(words.starts_with(b".."));
                letter.extend_from_slice(&words[from..]);
                continue;
            }
            (_, "DATA") => {
                is_letter = true;
                "354 go on".to_owned()
            }
            (_, "QUIT") => {
                let _ = out.write_all(b"221 bye\r\n");
                return;
            }
            (_, line) if line.starts_with("RCPT") => {
                answer.lock().unwrap().unwrap_or("250 fine").to_owned()
            }
            _ => "250 fine".to_owned(),
        };
        if out.write_all(format!("{reply}\r\n").as_bytes()).is_err() {
            return;
        }
    }
}

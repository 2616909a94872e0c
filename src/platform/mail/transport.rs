//! Where letters go: a mail server, or a folder of `.eml` files when none is set.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio_rustls::rustls;

use super::draw::Drawn;
use super::store::Posted;
use crate::base::fault::Doing;
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Instant};
use crate::platform::certificate;
use crate::platform::config::Settings;

/// How letters leave the house.
#[derive(Clone)]
pub enum Transport {
    /// A mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Files in this folder: for development and for shops that have not set up mail yet.
    Files(PathBuf),
}

/// Longest wait for one answer of a mail server.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much of an answer is kept, in characters.
const ANSWER_MAX: usize = 500;

impl Transport {
    /// The transport the settings ask for.
    ///
    /// # Errors
    /// When the mail server's address cannot be read or the folder cannot be made.
    pub fn from_settings(settings: &Settings) -> Result<Self, Fault> {
        if let Some(url) = &settings.smtp_url {
            let built = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0);
            let mut built = built.doing("reading KIOSK_SMTP_URL")?.timeout(Some(PATIENCE));
            if let Some(file) = &settings.smtp_ca_file {
                built = built.tls(believing(file, &url.0).doing("reading smtp_ca_file")?);
            }
            return Ok(Self::Smtp(built.build()));
        }
        let folder = settings.data_dir.join("mail");
        std::fs::create_dir_all(&folder).doing("making the folder of letters")?;
        Ok(Self::Files(folder))
    }

    /// Sends one letter; the answer is what the other side said.
    pub(super) async fn send(
        &self,
        letter: &Posted,
        drawn: Drawn,
        now: Instant,
    ) -> Result<String, Fault> {
        let name = name_of(letter);
        let message = message(letter, drawn, now)?;
        match self {
            Self::Smtp(server) => {
                let sent = server.send(message).await;
                let answer = sent.map_err(|error| {
                    let doing = trouble(&error);
                    Fault::from(error).doing(&doing)
                })?;
                let words = answer.message().collect::<Vec<_>>().join(" ");
                Ok(cut(&format!("{} {words}", answer.code())))
            }
            Self::Files(folder) => {
                let path = folder.join(format!("{name}.eml"));
                let bytes = message.formatted();
                let write = move || super::super::config::write_private(&path, &bytes);
                tokio::task::spawn_blocking(write).await??;
                Ok(format!("written to {name}.eml"))
            }
        }
    }
}

/// The same letter has the same name for ever: a repeat after a crash is recognised.
fn name_of(letter: &Posted) -> String {
    sha256_hex(letter.dedup_key.as_bytes())[..24].to_owned()
}

/// The letter's `Message-ID`, by which a mail server's own log knows it.
#[must_use]
pub fn message_id(letter: &Posted) -> String {
    let host = letter.sender.rsplit('@').next().unwrap_or_default();
    format!("<{}@{}>", name_of(letter), host.trim_end_matches('>'))
}

fn message(letter: &Posted, drawn: Drawn, now: Instant) -> Result<Message, Fault> {
    let sender: Mailbox = letter.sender.parse().doing("reading the sender's address")?;
    let since = Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
    let mut message = Message::builder()
        .from(sender)
        .to(letter.recipient.parse().doing("reading the recipient's address")?)
        .subject(drawn.subject)
        .date(SystemTime::UNIX_EPOCH + since)
        // Programs that answer by themselves, such as "I am on holiday", leave such letters alone.
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .message_id(Some(message_id(letter)));
    if let Some(url) = &drawn.decline_url {
        // RFC 8058: a button of the mail program declines without a page.
        message = message
            .raw_header(raw("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    Ok(message.multipart(MultiPart::alternative_plain_html(drawn.text, drawn.html))?)
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// TLS as the address wants it, with a server this authority vouches for.
fn believing(file: &Path, url: &str) -> Result<Tls, Fault> {
    let address: poem::http::Uri =
        url.parse().doing("reading KIOSK_SMTP_URL, where signs like ^ are written as %5E")?;
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    let text = std::fs::read(file)?;
    // Of a file without a certificate nobody would be believed, and the mail server be blamed.
    if !String::from_utf8_lossy(&text).contains("BEGIN CERTIFICATE") {
        return Err(Fault::new("smtp_ca_file holds no certificate in PEM form"));
    }
    let authority = Certificate::from_pem(&text)?;
    let tls = TlsParameters::builder(host.to_owned()).add_root_certificate(authority).build()?;
    match address.scheme_str() {
        Some("smtps") => Ok(Tls::Wrapper(tls)),
        _ if url.contains("tls=required") => Ok(Tls::Required(tls)),
        _ if url.contains("tls=opportunistic") => Ok(Tls::Opportunistic(tls)),
        _ => Err(Fault::new(
            "the mail server is spoken to without TLS; add ?tls=required to KIOSK_SMTP_URL",
        )),
    }
}

/// What went wrong, as far as a merchant can mend it.
fn trouble(error: &smtp::Error) -> String {
    match error.status().map(u16::from) {
        Some(534 | 535) => {
            return "the mail server does not take the user and password of KIOSK_SMTP_URL".into();
        }
        Some(530 | 538) => {
            return "the mail server wants TLS or a sign-in first; see KIOSK_SMTP_URL".into();
        }
        _ => {}
    }
    let mut chain = successors(error.source(), |&error| error.source());
    let tls = chain.find_map(|error| error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref());
    match tls {
        Some(rustls::Error::InvalidCertificate(why)) => {
            format!("the certificate of the mail server {}", certificate::words(why))
        }
        Some(_) => "TLS with the mail server did not come about".to_owned(),
        None => "speaking to the mail server".to_owned(),
    }
}

/// 530, 534, 535 and 538 are about how we sign in: once that is mended, the letter goes out.
fn is_about_us(code: u16) -> bool {
    matches!(code, 530 | 534 | 535 | 538)
}

/// Whether a mail server has said no to this letter for good, and not to us.
pub(super) fn is_refused(fault: &Fault) -> bool {
    let Some(error) = fault.cause::<smtp::Error>() else { return false };
    error.is_permanent() && !error.status().map(u16::from).is_some_and(is_about_us)
}

/// What is kept of an answer.
pub(super) fn cut(answer: &str) -> String {
    let words = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(ANSWER_MAX).collect()
}

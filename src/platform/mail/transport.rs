//! Where letters go: a mail server, or a folder of `.eml` files when none is set.

use std::path::PathBuf;

use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::base::Fault;
use crate::base::fault::Doing;
use crate::base::ids::sha256_hex;
use crate::platform::config::Settings;

/// How letters leave the house.
#[derive(Clone)]
pub enum Transport {
    /// A mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Files in this folder: for development and for shops that have not set up mail yet.
    Files(PathBuf),
}

/// A letter, rendered.
pub(super) struct Rendered<'a> {
    pub dedup_key: &'a str,
    pub sender: &'a str,
    pub recipient: &'a str,
    pub subject: &'a str,
    pub text: String,
    pub html: String,
}

impl Transport {
    /// The transport the settings ask for.
    ///
    /// # Errors
    /// When the mail server's address cannot be read or the folder cannot be made.
    pub fn from_settings(settings: &Settings) -> Result<Self, Fault> {
        if let Some(url) = &settings.smtp_url {
            let built = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0);
            return Ok(Self::Smtp(built.doing("reading KIOSK_SMTP_URL")?.build()));
        }
        let folder = settings.data_dir.join("mail");
        std::fs::create_dir_all(&folder).doing("making the folder of letters")?;
        Ok(Self::Files(folder))
    }

    /// Sends one letter; the answer is what the other side said.
    pub(super) async fn send(&self, letter: Rendered<'_>) -> Result<String, Fault> {
        let name = &sha256_hex(letter.dedup_key.as_bytes())[..24];
        let sender: Mailbox = letter.sender.parse().doing("reading the sender's address")?;
        let host = sender.email.domain().to_owned();
        let message = Message::builder()
            .from(sender)
            .to(letter.recipient.parse().doing("reading the recipient's address")?)
            .subject(letter.subject)
            // The same letter has the same id for ever: a repeat after a crash is recognised.
            .message_id(Some(format!("<{name}@{host}>")))
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))?;
        match self {
            Self::Smtp(server) => {
                let answer = server.send(message).await.doing("speaking to the mail server")?;
                Ok(answer.message().collect::<Vec<_>>().join(" "))
            }
            Self::Files(folder) => {
                let path = folder.join(format!("{name}.eml"));
                let bytes = message.formatted();
                let write = move || super::super::private_file::write_private(&path, &bytes);
                tokio::task::spawn_blocking(write).await??;
                Ok(format!("written to {name}.eml"))
            }
        }
    }
}

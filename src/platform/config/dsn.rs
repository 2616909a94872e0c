//! The address of an error service: `https://key@host/project`, as Sentry, GlitchTip and Bugsink
//! give it out. Pure.

use super::{BadSetting, Hidden};

/// Where errors are passed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dsn {
    /// Where envelopes are sent, such as `https://errors.example/api/7/envelope/`.
    pub url: String,
    /// Who sends them.
    pub key: Hidden,
}

impl Dsn {
    /// Reads it; the secret of old ones (`key:secret@`) is left out.
    ///
    /// # Errors
    /// When the text is none, in one sentence that does not repeat the key.
    pub fn parse(text: &str) -> Result<Self, BadSetting> {
        Self::read(text).ok_or_else(|| {
            let want = "an address such as https://key@errors.example/7";
            BadSetting(format!("`sentry_dsn` must be {want}"))
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (user, place) = rest.split_once('@')?;
        let key = user.split(':').next().unwrap_or_default();
        let place = place.trim_end_matches('/');
        let (base, project) = place.rsplit_once('/')?;
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_place = !base.is_empty() && !base.contains(['?', '#', ' ', '@', '"', '<']);
        let fits = matches!(scheme, "https" | "http") && is_word(key) && is_word(project);
        (fits && is_place).then(|| Self {
            url: format!("{scheme}://{base}/api/{project}/envelope/"),
            key: Hidden(key.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.44: the protocol's own address.
    #[test]
    fn an_address_is_taken_apart() {
        let dsn = Dsn::parse("https://0a1b2c@errors.example/sub/7").unwrap();
        assert_eq!(dsn.url, "https://errors.example/sub/api/7/envelope/");
        assert_eq!(dsn.key, Hidden("0a1b2c".to_owned()));
        let old = Dsn::parse("http://0a1b2c:secret@127.0.0.1:9000/1").unwrap();
        assert_eq!(old.url, "http://127.0.0.1:9000/api/1/envelope/");
        for wrong in [
            "",
            "https://errors.example/7",
            "ftp://k@host/1",
            "https://k@host",
            "k@h/1",
            "https://k@h/1?x=1/2 3",
            "https://k k@host/1",
        ] {
            let said = Dsn::parse(wrong).unwrap_err().0;
            assert!(said.contains("https://key@errors.example/7"), "{wrong}");
        }
    }
}

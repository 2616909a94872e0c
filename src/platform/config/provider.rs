//! The settings of the payment provider, checked together: which key fits which mode, over which
//! connection. Pure.

use std::fmt;

use super::{BadSetting, Hidden, Mode};

/// Where Stripe's programs are reached, unless a setting says otherwise.
pub const STRIPE_API: &str = "https://api.stripe.com";
/// Where Stripe's payment pages are, unless a setting says otherwise.
pub const STRIPE_PAGES: &str = "https://checkout.stripe.com";
/// Bounds of `provider_timeout`, seconds; a buyer waits no longer than the upper one.
const TIMEOUT_S: std::ops::RangeInclusive<i64> = 1..=8;
/// Most repeats of one call.
const RETRIES_MAX: u32 = 5;

/// Who takes the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderName {
    /// The built-in one, which takes no real money.
    Simulator,
    /// Stripe, or a server that behaves like it.
    Stripe,
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Simulator => "simulator",
            Self::Stripe => "stripe",
        })
    }
}

/// What is asked of a provider, whichever it is.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Which one.
    pub name: ProviderName,
    /// Its base address; the shop's own for the simulator when absent.
    pub url: Option<String>,
    /// Other places than the shop where a checkout may lead: the provider's payment pages.
    pub pages: Vec<String>,
    /// The key its programs are asked with; always there for Stripe.
    pub key: Option<Hidden>,
    /// Secrets that sign incoming webhooks; several while one is being replaced.
    pub webhook_secrets: Vec<Hidden>,
    /// Longest wait for one answer, seconds.
    pub timeout_s: u64,
    /// How often a call without a usable answer is repeated at once.
    pub retries: u32,
}

/// The values as they were found, before anything is believed of them.
pub(super) struct Found {
    pub name: String,
    pub url: Option<String>,
    pub pages: Option<String>,
    pub key: Option<String>,
    pub webhook_secrets: Vec<String>,
    pub timeout_s: i64,
    pub retries: u32,
    pub mode: Mode,
    pub https: bool,
}

fn no<T>(why: &str) -> Result<T, BadSetting> {
    Err(BadSetting(why.to_owned()))
}

impl Found {
    /// The settings, when they fit together.
    ///
    /// # Errors
    /// The first thing that does not fit, with what to do.
    pub(super) fn check(self) -> Result<ProviderSettings, BadSetting> {
        let name = match self.name.as_str() {
            "simulator" => ProviderName::Simulator,
            "stripe" => ProviderName::Stripe,
            other => {
                return Err(BadSetting(format!(
                    "`provider` is {other:?}; it must be \"simulator\" or \"stripe\""
                )));
            }
        };
        if !TIMEOUT_S.contains(&self.timeout_s) {
            return no("`provider_timeout` must be between 1s and 8s");
        }
        if self.retries > RETRIES_MAX {
            return no("`provider_retries` must be at most 5");
        }
        match name {
            ProviderName::Simulator if self.mode == Mode::Live => {
                return no(
                    "mode is \"live\" but the provider is the simulator, which takes no real \
                     money; set mode = \"test\" or provider = \"stripe\"",
                );
            }
            ProviderName::Simulator => {}
            ProviderName::Stripe => self.check_stripe()?,
        }
        let default = |url: &str| (name == ProviderName::Stripe).then(|| url.to_owned());
        // A server that stands in for Stripe shows its pages itself.
        let own = self.url.clone().filter(|url| url != STRIPE_API);
        let pages = self.pages.or_else(|| default(STRIPE_PAGES));
        Ok(ProviderSettings {
            name,
            url: self.url.or_else(|| default(STRIPE_API)),
            pages: own.into_iter().chain(pages).collect(),
            key: self.key.map(Hidden),
            webhook_secrets: self.webhook_secrets.into_iter().map(Hidden).collect(),
            timeout_s: self.timeout_s.unsigned_abs(),
            retries: self.retries,
        })
    }

    fn check_stripe(&self) -> Result<(), BadSetting> {
        let Some(key) = &self.key else {
            return no("provider is \"stripe\" but there is no key; set KIOSK_STRIPE_KEY in the \
                 environment, or stripe_key_file to a private file that holds it");
        };
        let kind = key.get(..8).unwrap_or_default();
        let is_clean = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        match kind {
            "sk_test_" | "rk_test_" | "sk_live_" | "rk_live_" if key == kind => {
                return no("the Stripe key ends where it should begin; copy all of it");
            }
            "sk_test_" | "rk_test_" | "sk_live_" | "rk_live_" if is_clean(key) => {}
            "pk_test_" | "pk_live_" => {
                return no(
                    "the Stripe key is the publishable one (pk_…); Kiosk needs the secret key \
                     (sk_…) or, better, a restricted key (rk_…)",
                );
            }
            _ => {
                return no(
                    "the Stripe key must begin with sk_test_, rk_test_, sk_live_ or rk_live_ and \
                     consist of letters, digits and underscores",
                );
            }
        }
        let is_secret = |text: &String| text.strip_prefix("whsec_").is_some_and(|s| !s.is_empty());
        if !self.webhook_secrets.iter().all(is_secret) {
            return no(
                "a webhook secret does not begin with whsec_, so nothing Stripe signs would \
                 be believed; set KIOSK_WEBHOOK_SECRETS to the signing secret of your webhook \
                 endpoint, several with a comma between them",
            );
        }
        let live = kind.ends_with("_live_");
        let over_tls = self.url.as_ref().is_none_or(|url| url.starts_with("https://"));
        match (self.mode, live) {
            (Mode::Test, true) => no(
                "mode is \"test\" but the Stripe key is a live key, which takes real money; use a \
                 test key, or set mode = \"live\"",
            ),
            (Mode::Live, false) => {
                no("mode is \"live\" but the Stripe key is a test key, so nobody would pay; use a \
                 live key, or set mode = \"test\"")
            }
            (Mode::Live, true) if !over_tls => no(
                "a live Stripe key is never sent over plain HTTP; `provider_url` must begin with \
                 https://",
            ),
            (Mode::Live, true) if !self.https => no(
                "mode is \"live\" but buyers would reach the shop over plain HTTP; set public_url \
                 to its https:// address",
            ),
            (Mode::Live, true) if self.webhook_secrets.is_empty() => {
                no("mode is \"live\" but no webhook secret is set, so nobody tells the shop of \
                 payments; set KIOSK_WEBHOOK_SECRETS to the signing secret (whsec_…) of your \
                 webhook endpoint")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(mode: Mode, key: Option<&str>) -> Found {
        Found {
            name: "stripe".to_owned(),
            url: None,
            pages: None,
            key: key.map(str::to_owned),
            webhook_secrets: vec!["whsec_1".to_owned()],
            timeout_s: 4,
            retries: 2,
            mode,
            https: true,
        }
    }

    fn says(found: Found) -> String {
        found.check().map_or_else(|refused| refused.0, |_| "fine".to_owned())
    }

    // S1.9, S2.122: a key fits its mode or the shop does not open; restricted keys are welcome.
    #[test]
    fn keys_fit_their_mode() {
        for (mode, key) in [
            (Mode::Test, "sk_test_1"),
            (Mode::Test, "rk_test_1"),
            (Mode::Live, "sk_live_1"),
            (Mode::Live, "rk_live_1"),
        ] {
            assert_eq!(says(found(mode, Some(key))), "fine", "{key}");
        }
        for (mode, key, word) in [
            (Mode::Test, "sk_live_1", "takes real money"),
            (Mode::Live, "rk_test_1", "nobody would pay"),
            (Mode::Test, "pk_test_1", "publishable"),
            (Mode::Test, "whsec_1", "must begin with"),
            (Mode::Test, "sk_test_1 2", "letters, digits"),
            (Mode::Live, "rk_live_", "copy all of it"),
        ] {
            let said = says(found(mode, Some(key)));
            assert!(said.contains(word), "{key}: {said}");
            assert!(!said.contains(key), "a key is never repeated: {said}");
        }
        assert!(says(found(Mode::Test, None)).contains("KIOSK_STRIPE_KEY"));
    }

    // S4.43: real money is taken over HTTPS only; a proxy in front speaks it.
    #[test]
    fn live_money_needs_tls_and_a_webhook() {
        let live = || found(Mode::Live, Some("sk_live_1"));
        let plain = Found { url: Some("http://127.0.0.1:1".to_owned()), ..live() };
        assert!(says(plain).contains("plain HTTP"));
        assert!(says(Found { https: false, ..live() }).contains("public_url"));
        assert!(says(Found { webhook_secrets: Vec::new(), ..live() }).contains("whsec_"));
    }

    // S2.122: a key pasted in the place of the webhook secret would turn every message away.
    #[test]
    fn webhook_secrets_are_told_from_keys() {
        for wrong in ["sk_test_1", "we_1", "whsec_", "WHSEC_1"] {
            let secrets = vec!["whsec_1".to_owned(), wrong.to_owned()];
            let found = found(Mode::Test, Some("sk_test_1"));
            let said = says(Found { webhook_secrets: secrets, ..found });
            assert!(said.contains("begin with whsec_"), "{wrong}: {said}");
        }
    }

    #[test]
    fn pages_may_be_where_the_provider_is() {
        let at = |url: Option<&str>| {
            let url = url.map(str::to_owned);
            let found = Found { url, ..found(Mode::Test, Some("sk_test_1")) };
            let settings = found.check().unwrap_or_else(|refused| panic!("{refused}"));
            (settings.url.unwrap_or_default(), settings.pages)
        };
        assert_eq!(at(None), (STRIPE_API.to_owned(), vec![STRIPE_PAGES.to_owned()]));
        let double = "http://127.0.0.1:12111";
        let both = vec![double.to_owned(), STRIPE_PAGES.to_owned()];
        assert_eq!(at(Some(double)), (double.to_owned(), both));
    }
}

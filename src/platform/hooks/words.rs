//! In which words an endpoint is told. Pure.

use serde_json::{Value, json};

use crate::base::Fault;
use crate::platform::config::HookFormat;

/// Longest text for a chat, in characters.
const TEXT_MAX: usize = 3000;

/// The body for one endpoint: the same bytes each time it is sent, so that a repeat is a repeat.
pub(super) fn body_for(
    format: HookFormat,
    stored: &str,
    shop: &str,
    is_test: bool,
) -> Result<String, Fault> {
    let mut body: Value = serde_json::from_str(stored)?;
    match format {
        HookFormat::Kiosk => {
            body["shop"] = shop.into();
            body["test"] = is_test.into();
            Ok(body.to_string())
        }
        HookFormat::Slack => {
            let text: String =
                body["text"].as_str().unwrap_or_default().chars().take(TEXT_MAX).collect();
            let test = if is_test { "[test] " } else { "" };
            Ok(json!({ "text": format!("{test}{}", escaped(&text)) }).to_string())
        }
    }
}

/// The three characters a chat would take for links and mentions.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.47: what a chat is told is words, never a mention or a link.
    #[test]
    fn a_chat_is_told_words() {
        let stored = json!({ "id": "evt_1", "text": "<!channel> & <b>", "data": {} }).to_string();
        let chat = body_for(HookFormat::Slack, &stored, "https://shop.example", true).unwrap();
        assert_eq!(chat, r#"{"text":"[test] &lt;!channel&gt; &amp; &lt;b&gt;"}"#);
        let whole = body_for(HookFormat::Kiosk, &stored, "https://shop.example", false).unwrap();
        let whole: Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(
            (&whole["shop"], &whole["test"]),
            (&json!("https://shop.example"), &json!(false))
        );
        assert_eq!(whole["text"], "<!channel> & <b>");
    }
}

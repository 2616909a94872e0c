//! Forms as Stripe reads them: nested names in brackets, known names only, types that fit.

use std::collections::BTreeMap;

/// A form or query, flat: `line_items[0][quantity]` and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(pub BTreeMap<String, String>);

/// What is wrong with a form: Stripe's message, and which parameter it is about.
#[derive(Debug)]
pub struct Wrong {
    pub message: String,
    pub param: String,
}

impl Wrong {
    pub fn new(param: &str, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: param.to_owned() }
    }
}

/// What a parameter must look like.
#[derive(Clone, Copy)]
pub enum Kind {
    Text,
    Integer,
    Flag,
    Email,
    Url,
    Currency,
    Words(&'static [&'static str]),
}

/// Known parameters of a call. `#` stands for an index, `*` for any one name.
pub type Known = &'static [(&'static str, Kind)];

impl Form {
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if name.matches('[').count() != name.matches(']').count() {
                return Err(Wrong::new(&name, format!("Invalid name: {name}")));
            }
            if all.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Wrong::new(&name, format!("{name} was sent twice")));
            }
        }
        Ok(Self(all))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn need(&self, name: &str) -> Result<&str, Wrong> {
        self.get(name).ok_or_else(|| Wrong::new(name, format!("Missing required param: {name}.")))
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// Everything below `metadata[…]`.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let inner =
            |name: &str| Some(name.strip_prefix("metadata[")?.strip_suffix(']')?.to_owned());
        self.0.iter().filter_map(|(name, value)| Some((inner(name)?, value.clone()))).collect()
    }

    /// Refuses unknown names and values of another type.
    pub fn check(&self, known: Known) -> Result<(), Wrong> {
        for (name, value) in &self.0 {
            let found = known.iter().find(|(pattern, _)| fits(pattern, name));
            let Some((_, kind)) = found else {
                return Err(Wrong::new(name, format!("Received unknown parameter: {name}")));
            };
            if !is(*kind, value) {
                return Err(Wrong::new(name, format!("Invalid value for {name}: {value}")));
            }
            if name.contains("metadata[") && value.len() > 500 {
                return Err(Wrong::new(name, "Metadata values can have up to 500 characters"));
            }
        }
        Ok(())
    }
}

fn parts(name: &str) -> Vec<&str> {
    name.split(['[', ']']).filter(|part| !part.is_empty()).collect()
}

fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (parts(pattern), parts(name));
    let fits = |(want, have): (&&str, &&str)| match *want {
        "#" => have.parse::<u32>().is_ok(),
        "*" => have.len() <= 40,
        word => word == *have,
    };
    pattern.len() == name.len() && pattern.iter().zip(&name).all(fits)
}

fn is(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Text => !value.is_empty() && value.len() <= 5000,
        Kind::Integer => value.parse::<i64>().is_ok_and(|n| n >= 0),
        Kind::Flag => matches!(value, "true" | "false"),
        Kind::Email => value.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.')),
        Kind::Url => value.starts_with("http://") || value.starts_with("https://"),
        Kind::Currency => value.len() == 3 && value.bytes().all(|b| b.is_ascii_lowercase()),
        Kind::Words(words) => words.contains(&value),
    }
}

const LOCALES: &[&str] = &["auto", "en", "en-GB", "de", "fr", "it", "es", "nl"];

/// `POST /v1/checkout/sessions`, as far as a shop with a hosted page may use it.
pub const CREATE_SESSION: Known = &[
    ("mode", Kind::Words(&["payment"])),
    ("success_url", Kind::Url),
    ("cancel_url", Kind::Url),
    ("client_reference_id", Kind::Text),
    ("customer_email", Kind::Email),
    ("expires_at", Kind::Integer),
    ("locale", Kind::Words(LOCALES)),
    ("submit_type", Kind::Words(&["pay"])),
    ("automatic_tax[enabled]", Kind::Flag),
    ("adaptive_pricing[enabled]", Kind::Flag),
    ("custom_text[submit][message]", Kind::Text),
    ("metadata[*]", Kind::Text),
    ("line_items[#][quantity]", Kind::Integer),
    ("line_items[#][price_data][currency]", Kind::Currency),
    ("line_items[#][price_data][unit_amount]", Kind::Integer),
    ("line_items[#][price_data][product_data][name]", Kind::Text),
    ("shipping_options[#][shipping_rate_data][display_name]", Kind::Text),
    ("shipping_options[#][shipping_rate_data][type]", Kind::Words(&["fixed_amount"])),
    ("shipping_options[#][shipping_rate_data][fixed_amount][amount]", Kind::Integer),
    ("shipping_options[#][shipping_rate_data][fixed_amount][currency]", Kind::Currency),
    ("payment_intent_data[description]", Kind::Text),
    ("payment_intent_data[metadata][*]", Kind::Text),
    ("payment_intent_data[statement_descriptor_suffix]", Kind::Text),
    ("payment_intent_data[shipping][name]", Kind::Text),
    ("payment_intent_data[shipping][phone]", Kind::Text),
    ("payment_intent_data[shipping][address][line1]", Kind::Text),
    ("payment_intent_data[shipping][address][line2]", Kind::Text),
    ("payment_intent_data[shipping][address][city]", Kind::Text),
    ("payment_intent_data[shipping][address][postal_code]", Kind::Text),
    ("payment_intent_data[shipping][address][country]", Kind::Text),
];

pub const CREATE_REFUND: Known = &[
    ("payment_intent", Kind::Text),
    ("charge", Kind::Text),
    ("amount", Kind::Integer),
    ("reason", Kind::Words(&["duplicate", "fraudulent", "requested_by_customer"])),
    ("metadata[*]", Kind::Text),
];

pub const LIST: Known = &[
    ("limit", Kind::Integer),
    ("starting_after", Kind::Text),
    ("ending_before", Kind::Text),
    ("created[gte]", Kind::Integer),
    ("created[gt]", Kind::Integer),
    ("created[lte]", Kind::Integer),
    ("created[lt]", Kind::Integer),
    ("payment_intent", Kind::Text),
    ("charge", Kind::Text),
    ("types[#]", Kind::Text),
    ("type", Kind::Text),
    ("delivery_success", Kind::Flag),
];

pub const NOTHING: Known = &[];

//! A visitor: keeps cookies, sends forms and JSON, follows nothing by itself.

use std::collections::BTreeMap;

use scraper::{Html, Selector};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;
use ureq::{Body, RequestBuilder};

/// A browser without a screen.
#[derive(Clone)]
pub struct Browser {
    agent: Agent,
    base: String,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Where it sends us.
    #[track_caller]
    pub fn location(&self) -> &str {
        self.headers.get("location").unwrap_or_else(|| panic!("{} {}", self.status, self.body))
    }

    /// Texts of all elements a CSS selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        let selector = Selector::parse(selector).unwrap();
        let text = |e: scraper::ElementRef| {
            e.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        page.select(&selector).map(text).collect()
    }

    /// An attribute of the first element a CSS selector finds.
    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let page = Html::parse_document(&self.body);
        let found = page.select(&Selector::parse(selector).unwrap()).next();
        let element = found.unwrap_or_else(|| panic!("no {selector} in {}", self.body));
        element.value().attr(name).unwrap_or_default().to_owned()
    }
}

impl Browser {
    pub fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build();
        Self { agent: config.new_agent(), base: base.to_owned(), cookies: BTreeMap::new() }
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    fn dress<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        let jar: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = request.header("accept", "text/html,application/json;q=0.9");
        if jar.is_empty() { request } else { request.header("cookie", jar.join("; ")) }
    }

    fn keep(&mut self, mut response: Response<Body>) -> Answer {
        for line in response.headers().get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let headers = response
            .headers()
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_str().unwrap_or_default().to_owned()))
            .collect();
        let status = response.status().as_u16();
        let bytes = response.body_mut().read_to_vec().unwrap_or_default();
        Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let response = self.dress(self.agent.get(self.url(path))).call().unwrap();
        self.keep(response)
    }

    /// Sends a form as a page of the shop would.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.dress(self.agent.post(self.url(path)));
        let response = request
            .header("sec-fetch-site", "same-origin")
            .send_form(fields.iter().copied())
            .unwrap();
        self.keep(response)
    }

    /// Sends JSON with any method that carries a body.
    pub fn json(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let url = self.url(path);
        let request = match method {
            "POST" => self.agent.post(url),
            "PATCH" => self.agent.patch(url),
            "PUT" => self.agent.put(url),
            other => panic!("{other} carries no body here"),
        };
        let response = self
            .dress(request)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        self.keep(response)
    }

    pub fn delete(&mut self, path: &str) -> Answer {
        let request = self.agent.delete(self.url(path)).header("accept", "application/json");
        let response = self.dress(request).call().unwrap();
        self.keep(response)
    }

    /// Sends bytes with any method and headers, as a program that is signed in.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let jar: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let mut request = ureq::http::Request::builder().method(method).uri(self.url(path));
        for (name, value) in headers.iter().copied().chain([("cookie", &*jar.join("; "))]) {
            request = request.header(name, value);
        }
        let response = self.agent.run(request.body(body.to_vec()).unwrap()).unwrap();
        self.keep(response)
    }

    /// Sends raw bytes with given headers.
    pub fn send(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.agent.post(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send(body).unwrap();
        self.keep(response)
    }

    /// Puts a SKU into the cart.
    #[track_caller]
    pub fn add(&mut self, sku: &str, qty: u32) -> Answer {
        let qty = qty.to_string();
        self.post("/cart/lines", &[("sku", sku), ("qty", &qty)])
    }

    /// Fills in and sends the checkout form; the answer sends to the payment page.
    pub fn checkout(&mut self) -> Answer {
        let page = self.get("/checkout");
        if page.status != 200 {
            return page;
        }
        let version = page.attribute("[name=cart_version]", "value");
        let total = page.attribute("[name=quote_total]", "value");
        self.post("/checkout", &checkout_fields(&version, &total))
    }

    /// Presses a button of the simulator's payment page and comes back to the order's page.
    #[track_caller]
    pub fn press(&mut self, payment_url: &str, action: &str) -> Answer {
        let pressed = self.post(payment_url, &[("action", action)]);
        if pressed.status != 303 {
            return pressed;
        }
        let back = self.get(pressed.location());
        if back.status == 303 { self.get(back.location()) } else { back }
    }
}

/// A buyer's form.
pub fn checkout_fields<'a>(version: &'a str, total: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("email", "ada@example.com"),
        ("name", "Ada Lovelace"),
        ("line1", "1 High Street"),
        ("city", "Bath"),
        ("postcode", "BA1 1AA"),
        ("country", "GB"),
        ("cart_version", version),
        ("quote_total", total),
    ]
}

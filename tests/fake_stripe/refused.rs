//! Answers that say no, in Stripe's form.

use serde_json::{Value, json};

use super::form::Wrong;

pub fn error(status: u16, kind: &str, code: &str, message: &str) -> (u16, Value) {
    let error = json!({ "type": kind, "code": code, "message": message });
    (status, json!({ "error": error }))
}

pub fn wrong(wrong: &Wrong) -> (u16, Value) {
    let error = json!({ "type": "invalid_request_error", "message": wrong.message,
                        "param": wrong.param,
                        "code": wrong.param.contains('_').then_some(&wrong.param) });
    (400, json!({ "error": error }))
}

pub fn missing(what: &str, id: &str) -> (u16, Value) {
    let message = format!("No such {what}: '{id}'");
    error(404, "invalid_request_error", "resource_missing", &message)
}

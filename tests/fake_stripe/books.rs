//! What the fake Stripe knows: sessions, payments, charges, refunds, disputes and events, as the
//! objects its answers show.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::form::{CREATE_REFUND, CREATE_SESSION, Form, Wrong};

/// An event and whether it was taken by the shop.
pub struct Event {
    pub object: Value,
    pub due_s: i64,
    pub tries: u32,
    pub taken: bool,
}

#[derive(Default)]
pub struct Books {
    pub sessions: BTreeMap<String, Value>,
    /// Payment intents by id, each with its charge inside.
    pub payments: BTreeMap<String, Value>,
    pub refunds: Vec<Value>,
    /// The list of charges leaves all of them out.
    pub hides_charges: bool,
    pub disputes: BTreeMap<String, Value>,
    pub events: Vec<Event>,
    pub sessions_made: u32,
    pub overcharge: i64,
    /// How refunds begin: `succeeded` unless the test says otherwise.
    pub refund_status: Option<&'static str>,
}

const HALF_HOUR_S: i64 = 30 * 60;
const DAY_S: i64 = 86_400;

impl Books {
    /// Makes a session. `Err` is found before anything was done.
    pub fn check_session(form: &Form, now_s: i64) -> Result<(), Wrong> {
        form.check(CREATE_SESSION)?;
        for name in ["mode", "success_url", "line_items[0][quantity]", "automatic_tax[enabled]"] {
            form.need(name)?;
        }
        let expires = form.integer("expires_at").unwrap_or(now_s + DAY_S);
        if !(now_s + HALF_HOUR_S..=now_s + DAY_S).contains(&expires) {
            let words = "The `expires_at` timestamp must be at least 30 minutes and less than 24 \
                         hours from Checkout Session creation.";
            return Err(Wrong::new("expires_at", words));
        }
        let (lines, currency) = lines(form)?;
        if lines.len() > 100 {
            return Err(Wrong::new("line_items", "You can have at most 100 line items."));
        }
        let total = lines.iter().sum::<i64>() + shipping(form, &currency)?;
        if currency == "gbp" && total < 30 {
            let words = "The Checkout Session's total amount due must add up to at least £0.30 gbp";
            return Err(Wrong::new("line_items", words));
        }
        if total > 99_999_999 {
            return Err(Wrong::new("line_items", "Amount must be no more than 99999999"));
        }
        Ok(())
    }

    pub fn make_session(&mut self, form: &Form, base: &str, now_s: i64) -> Value {
        self.sessions_made += 1;
        let id = format!("cs_test_{}", self.sessions_made);
        let (lines, currency) = lines(form).unwrap();
        let goods: i64 = lines.iter().sum();
        let total = goods + shipping(form, &currency).unwrap() + self.overcharge;
        let intent: BTreeMap<&str, &String> = form
            .0
            .iter()
            .filter_map(|(k, v)| {
                let name = k.strip_prefix("payment_intent_data[metadata][")?;
                Some((name.strip_suffix(']')?, v))
            })
            .collect();
        let session = json!({
            "id": id, "object": "checkout.session", "livemode": false, "created": now_s,
            "mode": "payment", "status": "open", "payment_status": "unpaid",
            "amount_subtotal": goods, "amount_total": total, "currency": currency,
            "client_reference_id": form.get("client_reference_id"),
            "customer_email": form.get("customer_email"), "customer": null,
            "expires_at": form.integer("expires_at").unwrap_or(now_s + DAY_S),
            "metadata": form.metadata(), "payment_intent": null,
            "success_url": form.get("success_url"), "cancel_url": form.get("cancel_url"),
            "url": format!("{base}/c/pay/{id}"),
            "new_field_of_tomorrow": { "a": [1, 2, { "b": null }] },
            "_intent_metadata": intent,
        });
        self.sessions.insert(id, session.clone());
        session
    }

    /// Sets what became of a session, and of its payment.
    pub fn end_session(&mut self, id: &str, status: &str, payment: &str, now_s: i64) {
        let session = self.sessions.get_mut(id).expect("a session of ours");
        session["status"] = json!(status);
        session["url"] = Value::Null;
        if status == "expired" {
            return;
        }
        session["payment_status"] = json!(if payment == "succeeded" { "paid" } else { "unpaid" });
        if session["payment_intent"].is_null() {
            session["payment_intent"] = json!(format!("pi_{id}"));
        }
        let intent = session["payment_intent"].as_str().unwrap().to_owned();
        let charge_status = match payment {
            "succeeded" => "succeeded",
            "processing" => "pending",
            _ => "failed",
        };
        let amount = session["amount_total"].clone();
        let captured = if payment == "succeeded" { amount.clone() } else { json!(0) };
        let object = json!({
            "id": intent, "object": "payment_intent", "status": payment, "livemode": false,
            "amount": amount, "currency": session["currency"], "created": now_s,
            "metadata": session["_intent_metadata"], "latest_charge": format!("ch_{id}"),
            "_charge": {
                "id": format!("ch_{id}"), "object": "charge", "status": charge_status,
                "paid": payment == "succeeded", "captured": true, "livemode": false,
                "amount": amount, "amount_captured": captured, "amount_refunded": 0,
                "currency": session["currency"], "payment_intent": intent, "created": now_s,
                "metadata": session["_intent_metadata"], "disputed": false,
            },
        });
        self.payments.insert(intent, object);
    }

    fn payment_of(&self, form: &Form) -> Result<String, Wrong> {
        let named = |value: &Value| {
            form.get("charge").is_some_and(|id| value["_charge"]["id"] == id)
                || form.get("payment_intent").is_some_and(|id| value["id"] == id)
        };
        let found = self.payments.iter().find(|(_, payment)| named(payment));
        found.map(|(id, _)| id.clone()).ok_or_else(|| {
            let id = form.get("payment_intent").unwrap_or_default();
            Wrong::new("payment_intent", format!("No such payment_intent: '{id}'"))
        })
    }

    pub fn make_refund(&mut self, form: &Form, now_s: i64) -> Result<Value, Wrong> {
        form.check(CREATE_REFUND)?;
        let id = self.payment_of(form)?;
        let charge = &self.payments[&id]["_charge"];
        let number = |name: &str| charge[name].as_i64().unwrap_or(0);
        let left = number("amount_captured") - number("amount_refunded");
        let amount = form.integer("amount").unwrap_or(left);
        if charge["status"] != "succeeded" {
            return Err(Wrong::new("payment_intent", "This payment has no successful charge."));
        }
        if left == 0 {
            return Err(Wrong::new("charge_already_refunded", "Charge has already been refunded."));
        }
        if amount > left || amount <= 0 {
            let words = format!(
                "Refund amount ({amount}) is greater than unrefunded amount \
                                 on charge ({left})"
            );
            return Err(Wrong::new("amount", words));
        }
        let refund = json!({
            "id": format!("re_fake_{}", self.refunds.len() + 1), "object": "refund",
            "status": self.refund_status.unwrap_or("succeeded"), "amount": amount,
            "currency": charge["currency"], "payment_intent": id, "charge": charge["id"],
            "metadata": form.metadata(), "created": now_s, "failure_reason": null,
        });
        if refund["status"] != "failed" {
            self.add_refunded(&id, amount);
        }
        self.refunds.push(refund.clone());
        Ok(refund)
    }

    fn add_refunded(&mut self, payment: &str, amount: i64) {
        let charge = &mut self.payments.get_mut(payment).unwrap()["_charge"];
        charge["amount_refunded"] = json!(charge["amount_refunded"].as_i64().unwrap() + amount);
    }

    /// A refund under way ends.
    pub fn end_refund(&mut self, id: &str, status: &str) {
        let found = self.refunds.iter().position(|refund| refund["id"] == id).unwrap();
        let refund = &mut self.refunds[found];
        let was_failed = refund["status"] == "failed";
        refund["status"] = json!(status);
        if status == "failed" && !was_failed {
            refund["failure_reason"] = json!("lost_or_stolen_card");
            let amount = refund["amount"].as_i64().unwrap();
            let payment = refund["payment_intent"].as_str().unwrap().to_owned();
            self.add_refunded(&payment, -amount);
        }
    }
}

fn lines(form: &Form) -> Result<(Vec<i64>, String), Wrong> {
    let mut amounts = Vec::new();
    let mut currency: Option<String> = None;
    for n in 0.. {
        let part = |name: &str| format!("line_items[{n}]{name}");
        if form.get(&part("[quantity]")).is_none() {
            break;
        }
        let own = form.need(&part("[price_data][currency]"))?;
        if *currency.get_or_insert(own.to_owned()) != own {
            return Err(Wrong::new("line_items", "All prices must have the same currency"));
        }
        form.need(&part("[price_data][product_data][name]"))?;
        form.need(&part("[price_data][unit_amount]"))?;
        let (quantity, unit) = (
            form.integer(&part("[quantity]")).unwrap(),
            form.integer(&part("[price_data][unit_amount]")).unwrap(),
        );
        if quantity < 1 {
            return Err(Wrong::new("line_items", "Quantity must be at least 1"));
        }
        amounts.push(quantity * unit);
    }
    let items = form.0.keys().filter(|name| name.ends_with("[quantity]")).count();
    if items != amounts.len() {
        return Err(Wrong::new("line_items", "Indexes of line items must follow each other"));
    }
    Ok((amounts, currency.unwrap_or_default()))
}

fn shipping(form: &Form, currency: &str) -> Result<i64, Wrong> {
    let data = "shipping_options[0][shipping_rate_data]";
    let Some(amount) = form.integer(&format!("{data}[fixed_amount][amount]")) else { return Ok(0) };
    form.need(&format!("{data}[display_name]"))?;
    if form.need(&format!("{data}[fixed_amount][currency]"))? != currency {
        return Err(Wrong::new(data, "Shipping must have the currency of the prices"));
    }
    Ok(amount)
}

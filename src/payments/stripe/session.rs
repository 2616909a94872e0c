//! Checkout sessions: our request in Stripe's words, and Stripe's answer in ours. Pure.

use std::collections::HashMap;
use std::str::FromStr;

use miniserde::Deserialize;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionAutomaticTax,
    CreateCheckoutSessionCustomText, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentIntentDataShipping,
    CreateCheckoutSessionPaymentIntentDataShippingAddress, CreateCheckoutSessionShippingOptions,
    CreateCheckoutSessionShippingOptionsShippingRateData,
    CreateCheckoutSessionShippingOptionsShippingRateDataFixedAmount,
    CreateCheckoutSessionShippingOptionsShippingRateDataType, CustomTextPositionParam, ProductData,
};
use stripe_shared::{CheckoutSessionLocale, CheckoutSessionMode, CheckoutSessionSubmitType};

use super::money::{from_stripe, to_stripe};
use crate::base::{Currency, Instant};
use crate::orders::Address;
use crate::payments::provider::{
    DeliveryCharge, NO_AMOUNT, PaymentOutcome, Session, SessionRequest, SessionStatus,
};
use crate::pricing::ProviderLine;

/// Longest name of a line or of a way of delivery sent, characters.
const NAME_MAX: usize = 250;
const DELIVERY_NAME_MAX: usize = 100;
/// Longest text beside the button, characters.
const NOTE_MAX: usize = 1200;
/// Longest addition to what the buyer's bank shows, characters: with the account's own beginning,
/// of ten at most, and a star between them, it has 22.
const SUFFIX_MAX: usize = 10;

/// The name that metadata give our order id, on the session and on its payment.
pub(super) const ORDER: &str = "order";

/// The request in Stripe's words: everything that could change the total is said, also where it
/// is Stripe's default, because an account may have other defaults.
///
/// # Errors
/// When an amount has no exact twin at Stripe, in a sentence.
pub(super) fn create(request: &SessionRequest) -> Result<CreateCheckoutSession, String> {
    let currency = currency_of(request.currency);
    let (lines, delivery) = items(request, &currency)?;
    let adaptive = CreateCheckoutSessionAdaptivePricing { enabled: Some(false) };
    let mut create = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(lines)
        .success_url(request.success_url.clone())
        .cancel_url(request.cancel_url.clone())
        .client_reference_id(request.order.clone())
        .customer_email(request.email.clone())
        .expires_at(request.expires_at.unix_s())
        .locale(locale(&request.locale))
        .submit_type(CheckoutSessionSubmitType::Pay)
        .automatic_tax(CreateCheckoutSessionAutomaticTax::new(false))
        .adaptive_pricing(adaptive)
        .metadata(metadata(&request.order))
        .payment_intent_data(payment_data(request));
    if let Some(delivery) = delivery {
        create = create.shipping_options(vec![delivery]);
    }
    if !request.note.is_empty() {
        let message = shortened(&request.note, NOTE_MAX);
        let mut text = CreateCheckoutSessionCustomText::new();
        text.submit = Some(CustomTextPositionParam::new(message));
        create = create.custom_text(text);
    }
    Ok(create)
}

fn currency_of(currency: Currency) -> stripe_types::Currency {
    let Ok(named) = stripe_types::Currency::from_str(&currency.code().to_ascii_lowercase());
    named
}

fn metadata(order: &str) -> HashMap<String, String> {
    HashMap::from([(ORDER.to_owned(), order.to_owned())])
}

type Item = CreateCheckoutSessionLineItems;
type Delivery = CreateCheckoutSessionShippingOptions;

/// What is bought, and its delivery. Some currencies have amounts that Stripe cannot say: what has
/// no twin alone is said together with others, so that the sum is right to the last digit.
fn items(
    request: &SessionRequest,
    theirs: &stripe_types::Currency,
) -> Result<(Vec<Item>, Option<Delivery>), String> {
    let ours = request.currency;
    let delivery = request.delivery.as_ref().map(|d| shipping(d, ours, theirs)).transpose();
    let goods_minor: i64 =
        request.lines.iter().map(|line| line.unit_minor * i64::from(line.quantity)).sum();
    let one = |name: &str, quantity: u32, unit_minor: i64| {
        Ok::<_, String>(line_item(name, quantity, to_stripe(unit_minor, ours)?, theirs))
    };
    let line = |line: &ProviderLine| {
        one(&line.name, line.quantity, line.unit_minor).or_else(|_| {
            let name = format!("{} × {}", line.quantity, line.name);
            one(&name, 1, line.unit_minor * i64::from(line.quantity))
        })
    };
    let each: Result<Vec<Item>, String> = request.lines.iter().map(line).collect();
    let together = |minor| one(&request.number, 1, minor).map(|item| vec![item]);
    let told =
        delivery.and_then(|delivery| Ok((each.or_else(|_| together(goods_minor))?, delivery)));
    told.or_else(|_| Ok((together(request.amount_minor)?, None)))
}

fn line_item(name: &str, quantity: u32, unit_amount: i64, theirs: &stripe_types::Currency) -> Item {
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(theirs.clone());
    price.product_data = Some(ProductData::new(shortened(name, NAME_MAX)));
    price.unit_amount = Some(unit_amount);
    let mut item = Item::new();
    item.price_data = Some(price);
    item.quantity = Some(u64::from(quantity));
    item
}

/// The one way of delivery, at the price our rules gave: Stripe's page cannot price by country.
fn shipping(
    delivery: &DeliveryCharge,
    ours: Currency,
    theirs: &stripe_types::Currency,
) -> Result<CreateCheckoutSessionShippingOptions, String> {
    let amount = to_stripe(delivery.amount_minor, ours)?;
    let name = shortened(&delivery.title, DELIVERY_NAME_MAX);
    let mut rate = CreateCheckoutSessionShippingOptionsShippingRateData::new(name);
    rate.type_ = Some(CreateCheckoutSessionShippingOptionsShippingRateDataType::FixedAmount);
    rate.fixed_amount = Some(CreateCheckoutSessionShippingOptionsShippingRateDataFixedAmount::new(
        amount,
        theirs.clone(),
    ));
    let mut option = CreateCheckoutSessionShippingOptions::new();
    option.shipping_rate_data = Some(rate);
    Ok(option)
}

fn payment_data(request: &SessionRequest) -> CreateCheckoutSessionPaymentIntentData {
    let mut payment = CreateCheckoutSessionPaymentIntentData::new();
    payment.description = Some(format!("{} {}", request.merchant, request.number));
    payment.metadata = Some(metadata(&request.order));
    payment.shipping = request.ship_to.as_ref().map(recipient);
    payment.statement_descriptor_suffix = suffix(&request.number);
    payment
}

fn recipient(address: &Address) -> CreateCheckoutSessionPaymentIntentDataShipping {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut place =
        CreateCheckoutSessionPaymentIntentDataShippingAddress::new(address.line1.clone());
    place.line2 = some(&address.line2);
    place.city = some(&address.city);
    place.postal_code = some(&address.postcode);
    place.country = some(&address.country);
    let mut to = CreateCheckoutSessionPaymentIntentDataShipping::new(place, address.name.clone());
    to.phone = some(&address.phone);
    to
}

/// The order number, where a bank statement can show it: it needs a letter, and some signs are
/// refused there.
fn suffix(number: &str) -> Option<String> {
    let fits = number.is_ascii()
        && number.len() <= SUFFIX_MAX
        && number.contains(|c: char| c.is_ascii_alphabetic())
        && !number.contains(['<', '>', '\\', '\'', '"', '*']);
    fits.then(|| number.to_owned())
}

/// The shop's language where Stripe's page speaks it, else the buyer's own.
fn locale(tag: &str) -> CheckoutSessionLocale {
    let language = tag.split('-').next().unwrap_or_default();
    let known = [tag, language].into_iter().find_map(|tag| {
        let Ok(locale) = CheckoutSessionLocale::from_str(tag);
        (!matches!(locale, CheckoutSessionLocale::Unknown(_))).then_some(locale)
    });
    known.unwrap_or(CheckoutSessionLocale::Auto)
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// What is read of a session: nothing that could be missing may lose an answer once money moved.
#[derive(Deserialize, Debug, Default)]
pub(super) struct Lean {
    pub id: String,
    pub url: Option<String>,
    pub status: Option<String>,
    pub payment_status: Option<String>,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
    pub payment_intent: Option<String>,
    pub client_reference_id: Option<String>,
    pub metadata: Option<HashMap<String, String>>,
    pub expires_at: Option<i64>,
}

impl Lean {
    /// Our order id, as we gave it; empty when the session is none of ours.
    pub(super) fn order(&self) -> String {
        let named = self.metadata.as_ref().and_then(|metadata| metadata.get(ORDER));
        named.or(self.client_reference_id.as_ref()).cloned().unwrap_or_default()
    }

    /// Done by the buyer, yet without money: it travels, or will never come. Only the payment
    /// knows which.
    pub(super) fn in_doubt(&self) -> bool {
        self.status.as_deref() == Some("complete") && !self.is_paid()
    }

    fn is_paid(&self) -> bool {
        matches!(self.payment_status.as_deref(), Some("paid" | "no_payment_required"))
    }

    /// The session in our words. `failed` says that its payment will not come any more.
    ///
    /// # Errors
    /// When it speaks of a state unknown here, in a sentence.
    pub(super) fn read(self, failed: bool) -> Result<Session, String> {
        let status = match self.status.as_deref() {
            Some("open") => SessionStatus::Open,
            Some("complete") => SessionStatus::Complete,
            Some("expired") => SessionStatus::Expired,
            other => return Err(format!("session {} has the status {other:?}", self.id)),
        };
        let outcome = match (self.is_paid(), failed) {
            (true, _) => PaymentOutcome::Paid,
            (false, true) => PaymentOutcome::Failed,
            (false, false) => PaymentOutcome::Unpaid,
        };
        let money = self.amount_total.zip(read_currency(self.currency.as_deref()));
        let money = money.and_then(|(amount, c)| from_stripe(amount, c).zip(Some(c)));
        // Somebody else's, such as one that keeps a card and takes nothing, is never looked at. One
        // of ours charges something else than it should, whatever that is.
        let none = if self.order().is_empty() { 0 } else { NO_AMOUNT };
        let (amount_minor, currency) = money.unwrap_or((none, Currency::GBP));
        Ok(Session {
            order: self.order(),
            id: self.id,
            url: self.url.unwrap_or_default(),
            status,
            outcome,
            amount_minor,
            currency,
            payment_id: self.payment_intent,
            expires_at: Instant(self.expires_at.unwrap_or_default().saturating_mul(1000)),
        })
    }
}

/// A currency as Stripe writes it, in lower case.
pub(super) fn read_currency(code: Option<&str>) -> Option<Currency> {
    Currency::parse(&code?.to_ascii_uppercase())
}

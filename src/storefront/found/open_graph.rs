//! What link previews show of a page. Pure.

use serde::Serialize;

use super::Found;
use super::json::push_decimal;
use crate::catalog::{Bundle, Picture, Product};
use crate::pricing::bundle_price;
use crate::search::Levels;
use crate::stock::State;

/// The preview of one page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenGraph {
    /// `website` or `product`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is shown.
    pub image: Option<PreviewImage>,
    /// What it costs.
    pub price: Option<PreviewPrice>,
    /// `in stock` or `out of stock`.
    pub availability: Option<&'static str>,
}

/// A picture with its absolute address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewImage {
    /// Absolute address.
    pub url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Alternative text.
    pub alt: String,
}

/// An amount as a plain decimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewPrice {
    /// `12.99`.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

impl Found {
    fn preview_image(&self, picture: &Picture) -> PreviewImage {
        let shown = self.picture(picture);
        PreviewImage {
            url: format!("{}{}", self.base, shown.url),
            width: shown.width,
            height: shown.height,
            alt: picture.alt.clone(),
        }
    }

    /// The preview of a page that sells nothing by itself.
    #[must_use]
    pub fn preview(&self, picture: Option<&Picture>) -> OpenGraph {
        let image = picture.map(|picture| self.preview_image(picture));
        OpenGraph { kind: "website", image, price: None, availability: None }
    }

    fn preview_of_goods(&self, image: Option<&Picture>, price: i64, state: State) -> OpenGraph {
        let mut amount = String::new();
        push_decimal(&mut amount, price, self.exponent);
        let availability = if state == State::SoldOut { "out of stock" } else { "in stock" };
        OpenGraph {
            kind: "product",
            price: Some(PreviewPrice { amount, currency: self.currency().to_owned() }),
            availability: Some(availability),
            ..self.preview(image)
        }
    }

    /// The preview of a product: of the variant its page begins with, the first one to be had.
    #[must_use]
    pub fn preview_product(&self, levels: &Levels, product: &Product) -> OpenGraph {
        let to_be_had =
            product.variants.iter().find(|v| self.state(levels, &v.sku) != State::SoldOut);
        match to_be_had.or(product.variants.first()) {
            Some(variant) => {
                let (price, state) = (variant.price_at(self.now), self.state(levels, &variant.sku));
                self.preview_of_goods(product.picture_of(variant), price, state)
            }
            None => self.preview(product.images.first()),
        }
    }

    /// The preview of a bundle.
    #[must_use]
    pub fn preview_bundle(&self, levels: &Levels, bundle: &Bundle) -> OpenGraph {
        let pictures = self.bundle_pictures(bundle);
        match bundle_price(&self.catalog, bundle, self.now) {
            Some(price) => {
                let state = self.bundle_state(levels, bundle);
                self.preview_of_goods(pictures.first(), price.price_minor, state)
            }
            None => self.preview(pictures.first()),
        }
    }
}

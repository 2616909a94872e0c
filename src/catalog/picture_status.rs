//! How each product stands for pictures, told from what was complained about. Pure.

use serde::Serialize;

use crate::platform::content::{Complaint, Severity, Tree};

/// How the pictures of one product stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureState {
    /// There, large enough, described.
    Ok,
    /// There, but somebody should look.
    Warning,
    /// One is missing or cannot be used, or there is none at all.
    Missing,
    /// The product's file has other mistakes that hide its pictures.
    Unknown,
}

/// The pictures of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PictureStatus {
    /// Its slug.
    pub product: String,
    /// Its file.
    pub file: String,
    /// How they stand.
    pub status: PictureState,
    /// Why, each in a sentence.
    pub reasons: Vec<String>,
}

/// The status of every product that has a file, in the order of their names.
#[must_use]
pub fn picture_status(files: &Tree, complaints: &[Complaint]) -> Vec<PictureStatus> {
    let one = |(slug, file, _): (&str, &str, Option<&str>)| {
        let own: Vec<&Complaint> = complaints.iter().filter(|c| c.file == file).collect();
        let (status, reasons) = picture_state(&own);
        PictureStatus { product: slug.to_owned(), file: file.to_owned(), status, reasons }
    };
    files.texts("products/", "toml").map(one).collect()
}

/// How the pictures of one product stand, and why, told from what is wrong with its file.
#[must_use]
pub fn picture_state(own: &[&Complaint]) -> (PictureState, Vec<String>) {
    let about: Vec<&&Complaint> = own.iter().filter(|c| c.code.contains("image")).collect();
    let is_missing = |c: &&&Complaint| c.severity == Severity::Error || c.code == "image-none";
    let state = if about.iter().any(is_missing) {
        PictureState::Missing
    } else if own.iter().any(|c| c.severity == Severity::Error) {
        PictureState::Unknown
    } else if about.is_empty() {
        PictureState::Ok
    } else {
        PictureState::Warning
    };
    (state, about.iter().map(|c| c.message.clone()).collect())
}

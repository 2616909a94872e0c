//! `products/<slug>.toml`: one product and its variants.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::markdown::{SUMMARY, Words, pictures_in, summary, to_html};
use super::model::{Condition, OptionAxis, Product, Tier};
use super::model_picture::Picture;
use super::read::Reading;
use super::read_variant;
use super::values;
use crate::base::slug::is_slug;
use crate::platform::content::{Body, Field, File, Place, Source, Table, Wrong};

/// Longest description, in characters.
pub(super) const DESCRIPTION_MAX: usize = 100_000;

const CONDITIONS: &[(&str, Condition)] =
    &[("new", Condition::New), ("refurbished", Condition::Refurbished), ("used", Condition::Used)];

/// Reads one product. Whatever is wrong is complained about and left out.
pub(super) fn read(r: &Reading<'_>, slug: &str, path: &str, text: &str) -> Product {
    let source = Source::new(path, text, r.complaints);
    let document = source.document();
    if document.is_lossy() {
        r.complaints.names_lost();
    }
    if !is_slug(slug) {
        slug_complaint(r, slug, path);
    }
    let mut top = document.table(r.complaints);
    let mut product = basics(&mut top, slug);
    product.description = words(r, description(r, &mut top, &format!("products/{slug}.md")));
    product.description_html = to_html(&product.description);
    product.summary = summary(&product.description, SUMMARY);
    product.options = options(&mut top);
    product.images = images(r, &mut top);
    product.variants = read_variant::read(r, &mut top, &product.options);
    product.extra = top.free("extra");
    top.finish();
    let mut made_of = DefaultHasher::new();
    text.hash(&mut made_of);
    product.description.hash(&mut made_of);
    product.images.iter().for_each(|picture| picture.digest.hash(&mut made_of));
    product.digest = made_of.finish();
    product
}

impl Product {
    /// Draws its text anew after more sizes of the pictures in it have come.
    pub fn redraw_words(&mut self) {
        self.description_html = to_html(&self.description);
        let mut made_of = DefaultHasher::new();
        (self.digest, &self.description).hash(&mut made_of);
        self.digest = made_of.finish();
    }
}

/// The file's name is the address, so it must be fit for one.
pub(super) fn slug_complaint(r: &Reading<'_>, slug: &str, path: &str) {
    let wrong = Wrong::error("slug-form", format!("the file name \"{slug}\" cannot be an address"));
    let likely = values::slug_from(slug);
    let extension = path.rsplit_once('.').map_or("toml", |(_, e)| e);
    let hint = match is_slug(&likely) {
        true => format!("rename the file to {likely}.{extension}"),
        false => "use lower-case letters, digits and single hyphens".to_owned(),
    };
    r.complaints.add(Place::start(path), wrong.hint(hint));
}

fn basics(top: &mut Table<'_>, slug: &str) -> Product {
    let owned = |field: Field<'_>, most: usize| field.text(most).map(str::to_owned);
    let tier = [("standard", Tier::Standard), ("pro", Tier::Pro), ("special", Tier::Special)];
    measures(top);
    Product {
        slug: slug.to_owned(),
        title: owned(top.need("title", "title = \"Snow Foam 1 L\""), 150).unwrap_or_default(),
        code: owned(top.get("code"), 64),
        description: Words::default(),
        description_html: String::new(),
        summary: String::new(),
        category: top
            .need("category", "category = \"tableware/mugs\"")
            .read(400, values::shelf_path)
            .unwrap_or_default(),
        brand: owned(top.get("brand"), 70),
        product_type: owned(top.get("product_type"), 750),
        condition: top.get("condition").one_of(CONDITIONS).unwrap_or_default(),
        tier: top.get("tier").one_of(&tier).unwrap_or(Tier::Standard),
        tags: top.get("tags").list(50, tag),
        status: super::read::status(top),
        featured: top.get("featured").flag().unwrap_or(false),
        image_ready: top.get("image_ready").flag().unwrap_or(true),
        image_style: owned(top.get("image_style"), 64),
        published: top.get("published").date(),
        tax_class: owned(top.get("tax_class"), 64).unwrap_or_else(|| "standard".to_owned()),
        options: Vec::new(),
        variants: Vec::new(),
        images: Vec::new(),
        redirect_from: top.get("redirect_from").list(100, values::slug),
        unit_pricing_measure: top.get("unit_pricing_measure").read(40, measure),
        unit_pricing_base_measure: top.get("unit_pricing_base_measure").read(40, measure),
        extra: serde_json::Value::Null,
        digest: 0,
    }
}

fn measures(top: &Table<'_>) {
    if top.has("unit_pricing_base_measure") && !top.has("unit_pricing_measure") {
        let wrong = Wrong::error("measure-alone", "a base measure needs the measure sold");
        let wrong = wrong.hint("add unit_pricing_measure = \"1 l\"");
        top.complain_key("unit_pricing_base_measure", wrong);
    }
}

/// A word for grouping: it becomes part of an address.
pub(super) fn tag(text: &str) -> Result<String, Wrong> {
    values::slug(text).map_err(|wrong| Wrong {
        code: "tag-form",
        message: format!("\"{text}\" cannot be a tag"),
        ..wrong
    })
}

fn measure(text: &str) -> Result<String, Wrong> {
    const UNITS: &[&str] = &["ml", "cl", "l", "mg", "g", "kg", "mm", "cm", "m", "sqm", "cbm", "ct"];
    let split = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(split);
    let number = !amount.is_empty() && amount.starts_with(|c: char| c.is_ascii_digit());
    let number = number && amount.matches('.').count() <= 1 && !amount.ends_with('.');
    let zero = amount.bytes().all(|b| matches!(b, b'0' | b'.'));
    if number && !zero && UNITS.contains(&unit.trim()) {
        return Ok(text.to_owned());
    }
    Err(Wrong::error("measure-form", format!("\"{text}\" is not a measure"))
        .hint(format!("write a number and one of {}: \"100 ml\"", UNITS.join(", "))))
}

/// The long text: in the file, or in the Markdown file beside it; exactly one of the two.
pub(super) fn description(r: &Reading<'_>, top: &mut Table<'_>, beside: &str) -> String {
    let inline = top.has("description");
    let file = r.tree.file(beside).is_some();
    if !inline && file {
        return r.tree.text(beside).unwrap_or_default().to_owned();
    }
    let field = top.need(
        "description",
        "description = \"…\", or put the text into a .md file of the same name",
    );
    if inline && file {
        let message = format!("the description stands here and in {beside}");
        let wrong = Wrong::error("description-twice", message);
        top.complain_key("description", wrong.hint("keep one of the two"));
    }
    field.words(DESCRIPTION_MAX).unwrap_or_default().to_owned()
}

/// `[[images]]`: pictures and their words.
pub(super) fn images(r: &Reading<'_>, top: &mut Table<'_>) -> Vec<Picture> {
    let mut pictures: Vec<Picture> = Vec::new();
    for table in top.tables("images") {
        one_image(r, table, &mut pictures);
    }
    pictures
}

fn one_image(r: &Reading<'_>, mut table: Table<'_>, pictures: &mut Vec<Picture>) {
    let file = table.need("file", "file = \"snow-foam.jpg\"").read(200, picture_file);
    let alt = table.get("alt").text(300).unwrap_or_default().to_owned();
    if let Some(file) = file {
        if pictures.iter().any(|p| p.file == file) {
            let wrong = Wrong::error("image-repeats", format!("\"{file}\" stands here twice"));
            table.complain("file", wrong.hint("remove one of them"));
        }
        pictures.push(picture(r, file, alt));
    }
    table.finish();
}

/// `image`: the one picture of a shelf or of the front page.
pub(super) fn image(r: &Reading<'_>, top: &mut Table<'_>) -> Option<Picture> {
    let mut pictures = Vec::new();
    one_image(r, top.table("image")?, &mut pictures);
    pictures.pop()
}

/// A picture with what its file tells; nothing, as long as the file is missing or unreadable.
fn picture(r: &Reading<'_>, file: String, alt: String) -> Picture {
    let found = r.tree.file(&format!("images/{file}"));
    let (width, height) = match found.map(|f| &f.body) {
        Some(Body::Image(Ok(look))) => (look.width, look.height),
        _ => (0, 0),
    };
    let url = picture_url(&file, found.map_or("", File::digest));
    let digest = found.map_or("", File::digest).to_owned();
    Picture { file, alt, url, digest, developed: None, width, height }
}

/// A long text with the pictures it shows.
pub(super) fn words(r: &Reading<'_>, text: String) -> Words {
    let named = pictures_in(&text).into_iter();
    let pictures = named.map(|file| picture(r, file, String::new())).collect();
    Words::new(text, pictures)
}

/// The address of a picture: its name, without what no address may hold, and the first twelve
/// digits of its content's SHA-256, so that it may be kept forever.
#[must_use]
pub fn picture_url(file: &str, digest: &str) -> String {
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let (hash, extension) = (digest.get(..12).unwrap_or(digest), extension.to_ascii_lowercase());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if stem.chars().all(is_plain) {
        return format!("/images/{stem}.{hash}.{extension}");
    }
    let parts: Vec<String> = stem.split('/').map(values::slug_from).collect();
    let named = |part: &String| if part.is_empty() { "picture".to_owned() } else { part.clone() };
    let stem: Vec<String> = parts.iter().map(named).collect();
    format!("/images/{}.{hash}.{extension}", stem.join("/"))
}

/// A file name below `images/`, without ways out of it.
pub(super) fn picture_file(text: &str) -> Result<String, Wrong> {
    if let Some(rest) =
        text.strip_prefix("images/").or_else(|| text.strip_prefix("content/images/"))
    {
        return Err(Wrong::error("path-form", format!("\"{text}\" repeats the folder"))
            .hint(format!("write the name alone: \"{rest}\""))
            .fix(format!("\"{rest}\"")));
    }
    let part = |p: &str| !p.is_empty() && p != "." && p != "..";
    let plain = |c: char| !c.is_control() && !"\\:*?\"<>|".contains(c);
    if text.split('/').all(part) && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Wrong::error("path-escape", format!("\"{text}\" does not stay inside content/images"))
        .hint("put the file into content/images and write its name alone"))
}

fn options(top: &mut Table<'_>) -> Vec<OptionAxis> {
    let mut axes: Vec<OptionAxis> = Vec::new();
    for mut table in top.tables("options") {
        let name = table.need("name", "name = \"Size\"").text(40).unwrap_or_default().to_owned();
        let values = table.need("values", "values = [\"Small\", \"Large\"]");
        let values: Vec<String> = values.list(100, |v| Ok(v.to_owned()));
        if axes.iter().any(|a| a.name == name) && !name.is_empty() {
            let wrong =
                Wrong::error("option-repeats", format!("the option \"{name}\" stands here twice"));
            table.complain("name", wrong.hint("put all values into one of them"));
        }
        if table.is_empty_list("values") {
            let wrong =
                Wrong::error("option-empty", format!("the option \"{name}\" has no values"));
            table.complain("values", wrong.hint("write values = [\"Small\", \"Large\"]"));
        }
        let swatches = swatches(&mut table, &name, &values);
        axes.push(OptionAxis { name, values, swatches });
        table.finish();
    }
    if axes.len() > 3 {
        let wrong = Wrong::error(
            "options-too-many",
            format!("{} options are too many to choose from", axes.len()),
        );
        top.complain_key("options", wrong.hint("use at most three"));
    }
    axes
}

/// `swatches` of an option: a colour for each value, in their order; the last ones may lack theirs.
fn swatches(table: &mut Table<'_>, name: &str, all: &[String]) -> Vec<String> {
    let mut count = 0;
    let colour = |text: &str| {
        count += 1;
        match values::is_swatch(text) {
            true => Ok(text.to_owned()),
            false => Err(Wrong::error("swatch", format!("\"{text}\" is not a colour"))
                .hint("write it like #8A3B1D: red, green and blue in hexadecimal digits")),
        }
    };
    let swatches = table.get("swatches").list(100, colour);
    if count <= all.len() {
        return swatches;
    }
    let message = format!("the option \"{name}\" has {} values and {count} swatches", all.len());
    table.complain("swatches", Wrong::error("swatch", message).hint("give each value one at most"));
    Vec::new()
}

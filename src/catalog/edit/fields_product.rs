//! The form of a product.

use super::fields::{Field, Group, IMAGES, Rows, STATUS, Shape, field};

const MEASURE: &str = "A number and a unit: ml, cl, l, mg, g, kg, mm, cm, m, sqm, cbm, ct.";

const SALE: [Field; 3] = [
    field("sale.price", "Sale price", Shape::Decimal, "Below the price."),
    field("sale.from", "Sale from", Shape::Moment, "2026-12-01T00:00:00Z; always when empty."),
    field("sale.until", "Sale until", Shape::Moment, "Ends just before; never when empty."),
];

const OPENING: Field = field(
    "stock.opening",
    "Opening stock",
    Shape::Whole,
    "Counted once, when the SKU is first seen. Later changes are made under Stock.",
);

const LOW: Field = field("stock.low", "Low at", Shape::Whole, "The shop's own mark when empty.");

const MOST: Field = field("stock.max_per_order", "At most in one order", Shape::Whole, "");

const SKU: Field =
    field("sku", "SKU", Shape::Sku, "Letters, digits, - _ and . With variants: in each of them.");

const SKU_WAS: Field =
    field("sku_was", "Former SKUs", Shape::List, "Stock and carts follow a renamed SKU.");

const GTIN: Field = field("gtin", "Barcode (GTIN)", Shape::Line, "8, 12, 13 or 14 digits.");

const MPN: Field = field("mpn", "Maker's part number", Shape::Line, "");

const WEIGHT: Field = field("shipping_weight", "Weight", Shape::Line, "450 g or 1.2 kg.");

pub(super) const PRODUCT: &[Group] = &[
    Group {
        title: "Product",
        is_open: true,
        rows: None,
        fields: &[
            field("title", "Title", Shape::Line, "Up to 150 characters."),
            SKU,
            field("price", "Price", Shape::Decimal, "In the shop's currency, such as 16.00."),
            field("category", "Category", Shape::Shelf, "Its path, such as tableware/mugs-cups."),
            field("brand", "Brand", Shape::Line, ""),
            field(
                "tier",
                "Line",
                Shape::Choice(&[("standard", "Standard"), ("pro", "Pro"), ("special", "Special")]),
                "",
            ),
            field("product_type", "Type", Shape::Line, "Your own word for the kind of thing."),
            field("tags", "Tags", Shape::List, "Small letters and hyphens, commas between."),
            field("status", "Status", STATUS, ""),
            field("featured", "Shown first", Shape::Flag, "On the front page and in lists."),
            field("published", "Joined the shop", Shape::Day, "2026-12-25; the newest come first."),
            field("redirect_from", "Former addresses", Shape::List, "They lead here."),
            WEIGHT,
            field("description", "Description", Shape::Words, "Markdown."),
        ],
    },
    Group { title: "Pictures", is_open: true, fields: &[], rows: Some(&IMAGES) },
    Group {
        title: "Options",
        is_open: false,
        fields: &[],
        rows: Some(&Rows {
            key: "options",
            one: "option",
            is_ordered: true,
            inner: None,
            fields: &[
                field("name", "Name", Shape::Line, "Such as Colour or Size."),
                field("values", "Values", Shape::Lines, "One on each line."),
                field(
                    "swatches",
                    "Swatches",
                    Shape::Lines,
                    "Where values are colours: one such as #8A3B1D for each, in the same order.",
                ),
            ],
        }),
    },
    Group {
        title: "Variants",
        is_open: false,
        fields: &[],
        rows: Some(&Rows {
            key: "variants",
            one: "variant",
            is_ordered: true,
            inner: None,
            fields: &[
                SKU,
                field("options", "Options", Shape::Options, ""),
                field("price", "Price", Shape::Decimal, "The product's when empty."),
                field("image", "Picture", Shape::Picture, "One of the pictures above."),
                OPENING,
                LOW,
                MOST,
                SALE[0],
                SALE[1],
                SALE[2],
                WEIGHT,
                GTIN,
                MPN,
                SKU_WAS,
            ],
        }),
    },
    Group { title: "Stock", is_open: false, rows: None, fields: &[OPENING, LOW, MOST] },
    Group { title: "Sale", is_open: false, rows: None, fields: &SALE },
    Group {
        title: "More",
        is_open: false,
        rows: None,
        fields: &[
            field("code", "Your product code", Shape::Line, "Unique in the shop."),
            field(
                "condition",
                "Condition",
                Shape::Choice(&[("new", "New"), ("refurbished", "Refurbished"), ("used", "Used")]),
                "",
            ),
            field("tax_class", "Tax class", Shape::Line, "A name from taxes.toml."),
            GTIN,
            MPN,
            SKU_WAS,
            field("unit_pricing_measure", "Measure sold", Shape::Line, MEASURE),
            field("unit_pricing_base_measure", "Unit price for", Shape::Line, MEASURE),
            field("image_style", "Picture style", Shape::Line, "A name from shop.toml."),
            field("image_ready", "Pictures count as ready", Shape::Flag, "Off hides them."),
        ],
    },
];

//! What a form shows of each kind of file: groups of fields and lists of rows, with what they
//! mean. Keys stand in the order in which they are written.

use super::Kind;
use super::fields_product::PRODUCT;

/// How a value is typed and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text on one line.
    Line,
    /// Text of many lines, Markdown.
    Words,
    /// An amount, percentage or weight: digits, exactly as typed.
    Decimal,
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Flag,
    /// One of a few words: as written, and as shown.
    Choice(&'static [(&'static str, &'static str)]),
    /// Short words with commas between.
    List,
    /// One entry on each line.
    Lines,
    /// `2026-12-25`
    Day,
    /// `2026-12-01T00:00:00Z`
    Moment,
    /// A file below `content/images`.
    Picture,
    /// The path of a category.
    Shelf,
    /// A SKU.
    Sku,
    /// The options of a variant: one field for each option the product has.
    Options,
}

/// One field of a form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Dotted key, as in the file.
    pub(super) key: &'static str,
    /// Above the field.
    pub(super) label: &'static str,
    /// Below it.
    pub(super) help: &'static str,
    /// How it is typed.
    pub(super) shape: Shape,
}

/// A list of tables.
#[derive(Debug)]
pub(super) struct Rows {
    /// Its key.
    pub(super) key: &'static str,
    /// What one of them is called.
    pub(super) one: &'static str,
    /// Its fields.
    pub(super) fields: &'static [Field],
    /// Whether their order means something.
    pub(super) is_ordered: bool,
    /// Rows inside each row.
    pub(super) inner: Option<&'static Rows>,
}

/// Fields shown together.
#[derive(Debug)]
pub(super) struct Group {
    /// Heading.
    pub(super) title: &'static str,
    /// Shown at once; others wait to be opened.
    pub(super) is_open: bool,
    /// Single fields.
    pub(super) fields: &'static [Field],
    /// Rows.
    pub(super) rows: Option<&'static Rows>,
}

/// A field.
pub(super) const fn field(
    key: &'static str,
    label: &'static str,
    shape: Shape,
    help: &'static str,
) -> Field {
    Field { key, label, help, shape }
}

impl Rows {
    /// The keys of a row in their order.
    pub(super) fn order(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.key).collect()
    }
}

/// The form of a kind of file.
#[must_use]
pub(super) fn groups(kind: Kind) -> &'static [Group] {
    match kind {
        Kind::Product => PRODUCT,
        Kind::Bundle => BUNDLE,
        Kind::Category => CATEGORY,
        Kind::Promotion => PROMOTION,
        Kind::Page => PAGE,
    }
}

/// The keys of a file in the order in which they are written.
pub(super) fn order(kind: Kind) -> Vec<&'static str> {
    let first: &[&str] = if kind == Kind::Product { &["sku"] } else { &[] };
    let groups = groups(kind).iter().flat_map(|group| group.fields.iter());
    let rest = groups.map(|field| field.key).filter(|key| !first.contains(key));
    first.iter().copied().chain(rest).collect()
}

pub(super) const STATUS: Shape = Shape::Choice(&[
    ("live", "Live: on sale"),
    ("draft", "Draft: nobody sees it"),
    ("archived", "Archived: no longer sold"),
]);

const REDIRECTS: &str = "Former addresses, with commas between. They lead here.";

pub(super) const IMAGES: Rows = Rows {
    key: "images",
    one: "picture",
    is_ordered: true,
    inner: None,
    fields: &[
        field("file", "File", Shape::Picture, "A name below content/images."),
        field("alt", "What it shows", Shape::Line, "In words, for those who cannot see it."),
    ],
};

const BUNDLE: &[Group] = &[
    Group {
        title: "Bundle",
        is_open: true,
        rows: None,
        fields: &[
            field("title", "Title", Shape::Line, "Up to 150 characters."),
            field(
                "bundle_type",
                "Kind",
                Shape::Choice(&[("standard", "Standard"), ("pro", "Pro"), ("special", "Special")]),
                "Pro needs at least one pro product.",
            ),
            field("category", "Category", Shape::Shelf, "To be listed there, too."),
            field("status", "Status", STATUS, ""),
            field("tags", "Tags", Shape::List, "Small letters and hyphens, commas between."),
            field(
                "discount_percent",
                "Discount in per cent",
                Shape::Decimal,
                "Off the sum of its parts; 10 when left empty.",
            ),
            field("description", "Description", Shape::Words, "Markdown."),
        ],
    },
    Group {
        title: "Parts",
        is_open: true,
        fields: &[],
        rows: Some(&Rows {
            key: "items",
            one: "part",
            is_ordered: true,
            inner: None,
            fields: &[
                field("sku", "SKU", Shape::Sku, "Three different products at least."),
                field("qty", "How many", Shape::Whole, "1 when left empty."),
            ],
        }),
    },
    Group { title: "Pictures", is_open: false, fields: &[], rows: Some(&IMAGES) },
    Group {
        title: "Address",
        is_open: false,
        rows: None,
        fields: &[field("redirect_from", "Former addresses", Shape::List, REDIRECTS)],
    },
];

const SHELF: &[Field] = &[
    field("title", "Title", Shape::Line, "Up to 100 characters."),
    field("description", "Description", Shape::Words, "A sentence or two."),
    field("order", "Order", Shape::Whole, "Lower comes first."),
    field("image.file", "Picture", Shape::Picture, "Stands for it on the front page."),
    field("image.alt", "What the picture shows", Shape::Line, ""),
    field(
        "google_product_category",
        "Google category",
        Shape::Whole,
        "Its number in Google's product taxonomy; what stands inside inherits it.",
    ),
    field("redirect_from", "Former addresses", Shape::List, REDIRECTS),
];

const CHILD: &[Field] = &[
    field("slug", "Address", Shape::Line, "Small letters, digits and hyphens."),
    SHELF[0],
    SHELF[1],
    SHELF[2],
    SHELF[3],
    SHELF[4],
    SHELF[5],
    SHELF[6],
];

const CATEGORY: &[Group] = &[
    Group { title: "Category", is_open: true, fields: SHELF, rows: None },
    Group { title: "Inside it", is_open: true, fields: &[], rows: Some(&CHILDREN) },
];

const CHILDREN: Rows = children(Some(&children_of(Some(&children_of(None)))));

const fn children(inner: Option<&'static Rows>) -> Rows {
    Rows { key: "children", one: "category", is_ordered: true, inner, fields: CHILD }
}

const fn children_of(inner: Option<&'static Rows>) -> Rows {
    children(inner)
}

const PROMOTION: &[Group] = &[
    Group {
        title: "Promotion",
        is_open: true,
        rows: None,
        fields: &[
            field("title", "Title", Shape::Line, "The buyer reads it."),
            field(
                "trigger",
                "Begins",
                Shape::Choice(&[("automatic", "By itself"), ("code", "When a code is typed")]),
                "",
            ),
            field("codes", "Codes", Shape::List, "Capital letters, digits and hyphens."),
            field(
                "stage",
                "Applies to",
                Shape::Choice(&[
                    ("item", "Items"),
                    ("order", "The order"),
                    ("customer", "The customer's order, after order promotions"),
                    ("shipping", "Delivery"),
                ]),
                "Percent off items goes with items, free delivery with delivery.",
            ),
            field("status", "Status", STATUS, ""),
            field("from", "From", Shape::Moment, "2026-12-01T00:00:00Z; always when empty."),
            field("until", "Until", Shape::Moment, "Ends just before; never when empty."),
            field("exclusive_with", "Not together with", Shape::List, "Names of promotions."),
        ],
    },
    Group {
        title: "What it does",
        is_open: true,
        rows: None,
        fields: &[
            field(
                "effect.type",
                "Effect",
                Shape::Choice(&[
                    ("percent_off_items", "Per cent off items"),
                    ("percent_off_order", "Per cent off the order"),
                    ("amount_off_order", "An amount off the order"),
                    ("free_shipping", "Free delivery"),
                ]),
                "",
            ),
            field("effect.percent", "Per cent", Shape::Decimal, ""),
            field("effect.max", "At most", Shape::Decimal, "Amount; no limit when empty."),
            field("effect.amount", "Amount", Shape::Decimal, "For an amount off the order."),
        ],
    },
    Group {
        title: "When",
        is_open: false,
        rows: None,
        fields: &[
            field("when.signed_in", "Only signed-in customers", Shape::Flag, ""),
            field("when.first_order", "Only the first order", Shape::Flag, ""),
            field("when.category", "Categories", Shape::List, "All when empty."),
            field("when.tag", "Tags", Shape::List, "All when empty."),
            field("when.sku", "SKUs", Shape::List, "All when empty."),
            field("when.subtotal_from", "From a subtotal of", Shape::Decimal, ""),
            field("when.quantity_from", "From this many units", Shape::Whole, ""),
        ],
    },
    Group {
        title: "Limits",
        is_open: false,
        rows: None,
        fields: &[
            field("limits.total", "Uses in all", Shape::Whole, "No limit when empty."),
            field("limits.per_customer", "Uses per customer", Shape::Whole, ""),
        ],
    },
];

/// The name of a page's words, which stand below its front matter.
pub(super) const BODY: &str = "body";

const PAGE: &[Group] = &[Group {
    title: "Page",
    is_open: true,
    rows: None,
    fields: &[
        field("title", "Title", Shape::Line, "Up to 150 characters."),
        field("description", "For search engines", Shape::Line, "Up to 320 characters."),
        field("order", "Order", Shape::Whole, "Lower comes first in the footer."),
        field("redirect_from", "Former addresses", Shape::List, REDIRECTS),
        field(BODY, "Words", Shape::Words, "Markdown."),
    ],
}];

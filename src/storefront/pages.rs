//! The context of each page: home, shelves, bundle lists, words.

use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Value as TemplateValue, context};
use serde_json::{Value, json};

use super::context::Making;
use super::found::shelf_description;
use super::goods::{Good, Shown};
use super::plan::{KINDS, Plan, pages_of};
use super::{page_bundle, page_product};
use crate::base::Fault;
use crate::catalog::markdown::{SUMMARY, summary, to_html};
use crate::catalog::{BundleType, Catalog, Category, Page, Picture, Product};
use crate::platform::render::Render;
use crate::search::{BundleCard, Pagination, PictureView};

/// Products shown on the front page.
pub(super) const FEATURED: usize = 8;
/// Bundles shown on the front page.
const HOME_BUNDLES: usize = 3;
/// Cards of a list's first row, at most.
const FIRST_ROW: usize = 4;

/// Renders one page.
///
/// # Errors
/// When a template is missing or wrong.
pub(super) fn render(making: &Making, render: &Render, plan: &Plan) -> Result<String, Fault> {
    let catalog = making.catalog();
    let path = plan.path();
    let gone = || Fault::new(format!("{path} was planned but is not there"));
    let (template, context): (&str, TemplateValue) = match plan {
        Plan::Home => ("home", home(making, render)?),
        Plan::Category(shelf, page) => {
            let category = catalog.category(shelf).ok_or_else(gone)?;
            ("category", category_page(making, render, category, *page)?)
        }
        Plan::Product(slug) => {
            let product = catalog.products.get(*slug).ok_or_else(gone)?;
            ("product", page_product::context(making, render, product, None)?)
        }
        Plan::Bundles(kind) => ("bundles", Serde(bundles(making, *kind)).into()),
        Plan::Bundle(slug) => {
            let bundle = catalog.bundles.get(*slug).ok_or_else(gone)?;
            ("bundle", Serde(page_bundle::context(making, bundle).ok_or_else(gone)?).into())
        }
        Plan::Words(slug) => {
            let page = catalog.pages.iter().find(|page| page.slug == *slug).ok_or_else(gone)?;
            ("page", Serde(words(making, page)).into())
        }
    };
    render.page(&format!("store/{template}.html"), context)
}

/// A product's page with one variant chosen, as its own address asks for it; nothing when there is
/// no choice to make.
///
/// # Errors
/// As [`render`].
pub(super) fn render_chosen(
    making: &Making,
    render: &Render,
    slug: &str,
    sku: &str,
) -> Result<Option<String>, Fault> {
    let product = making.catalog().products.get(slug).filter(|product| product.is_live());
    let has_it = |product: &&Arc<Product>| {
        product.variants.len() > 1 && product.variants.iter().any(|v| v.sku.as_str() == sku)
    };
    let Some(product) = product.filter(has_it) else { return Ok(None) };
    let context = page_product::context(making, render, product, Some(sku))?;
    render.page("store/product.html", context).map(Some)
}

/// What the front page puts forward: the latest first.
pub(super) fn featured(making: &Making) -> Vec<&Good> {
    let found = making.featured.get_or_init(|| {
        let all = making.goods.iter().enumerate().filter(|(_, good)| good.product.featured);
        let mut all: Vec<(usize, &Good)> = all.collect();
        all.sort_by(|(_, a), (_, b)| {
            let (a, b) = (&a.product, &b.product);
            b.published.cmp(&a.published).then_with(|| a.title.cmp(&b.title))
        });
        all.into_iter().map(|(at, _)| at).collect()
    });
    found.iter().map(|at| making.goods.at(*at)).collect()
}

/// What stands for the whole shop where a page of it is passed on.
pub(super) fn picture_of_shop(making: &Making) -> Option<&Picture> {
    let own = making.catalog().shop.home_image.as_ref();
    own.or_else(|| featured(making).first()?.product.images.first())
}

fn home(making: &Making, render: &Render) -> Result<TemplateValue, Fault> {
    let catalog = making.catalog();
    let featured = featured(making);
    // A picture of the whole range leads to everything; a product's leads to the product.
    let own = catalog.shop.home_image.as_ref().map(
        |picture| json!({ "picture": PictureView::from(picture), "url": "/search", "title": null }),
    );
    let hero = own.or_else(|| {
        let product = &featured.first()?.product;
        let picture = product.images.first().map(PictureView::from)?;
        let url = format!("/product/{}/", product.slug);
        Some(json!({ "picture": picture, "url": url, "title": product.title }))
    });
    let tops = catalog.categories.iter().filter(|c| c.parent.is_none() && c.path != "bundles");
    let shelves: Vec<Value> = tops
        .map(|c| {
            let of_product = || making.on_shelf(&c.path).find_map(|p| p.images.first());
            let picture = c.image.as_ref().or_else(of_product).map(PictureView::small);
            json!({ "title": c.title, "url": format!("/category/{}/", c.path), "picture": picture })
        })
        .collect();
    let shop = &catalog.shop;
    let og = making.found.preview(picture_of_shop(making));
    let words = if shop.home_text.is_empty() { &shop.home_headline } else { &shop.home_text };
    let description = match shop.seo_description.as_str() {
        "" => summary(words, SUMMARY),
        own => own.to_owned(),
    };
    let json_ld = making.found.home();
    Ok(context! {
        page => Serde(making.page(&shop.name, &description, "/", &og, &json_ld)),
        hero => Serde(&hero),
        categories => Serde(shelves),
        featured => making.drawn(render, Shown::Beside, featured.into_iter().take(FEATURED))?,
        bundles => Serde(making.bundles.iter().take(HOME_BUNDLES).collect::<Vec<_>>()),
        delivery => Serde(making.delivery()),
    })
}

fn category_page(
    making: &Making,
    render: &Render,
    category: &Category,
    page: usize,
) -> Result<TemplateValue, Fault> {
    let catalog = making.catalog();
    let within = |path: &String| Catalog::is_within(path, &category.path);
    let is_here = |card: &&BundleCard| {
        let bundle = catalog.bundles.get(&card.slug);
        bundle.and_then(|bundle| bundle.category.as_ref()).is_some_and(within)
    };
    let sets: Vec<&BundleCard> = making.bundles.iter().filter(is_here).collect();
    let goods = making.goods.on_shelf(&category.path);
    let count = sets.len() + goods.len();
    let size = catalog.shop.page_size as usize;
    let pages = pages_of(count, catalog.shop.page_size);
    let first = (page - 1) * size;
    let mut shown: Vec<TemplateValue> =
        sets.iter().skip(first).take(size).map(|set| Serde(set.as_card()).into()).collect();
    let goods = goods.skip(first.saturating_sub(sets.len()));
    let goods: Vec<&Good> = goods.take(size - shown.len()).collect();
    // The first row is drawn by the page itself: its pictures come first.
    let by_page = FIRST_ROW.saturating_sub(shown.len()).min(goods.len());
    shown.extend(goods[..by_page].iter().map(|good| making.card(good)));
    shown.extend(making.drawn(render, Shown::InList, goods[by_page..].iter().copied())?);
    let products: Vec<&Product> = goods.iter().map(|good| &*good.product).collect();
    let children: Vec<Value> = catalog
        .categories
        .iter()
        .filter(|c| c.parent.as_deref() == Some(&category.path))
        .map(|c| json!({ "title": c.title, "url": format!("/category/{}/", c.path) }))
        .collect();
    let address = |page: usize| Plan::Category(&category.path, page).path();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let pagination = Pagination::new(number(page), number(pages), |page| address(page as usize));
    let og = making.found.preview(products.iter().find_map(|p| p.images.first()));
    let path = address(page);
    let here = sets.iter().skip(first).take(size).map(|b| (b.url.clone(), b.title.as_str()));
    let goods = products.iter().map(|p| (Plan::Product(&p.slug).path(), p.title.as_str()));
    let listed: Vec<(String, &str)> = here.chain(goods).collect();
    let items = listed.iter().map(|(url, title)| (url.as_str(), *title));
    let json_ld = making.found.shelf(category, &path, (first + 1, count), items);
    let description = shelf_description(category, page, listed.iter().map(|(_, title)| *title));
    let title =
        if page == 1 { category.title.clone() } else { format!("{} · {page}", category.title) };
    let mut shown_as = making.page(&title, &description, &path, &og, &json_ld);
    if category.path == "bundles" {
        // The list of bundles shows the same.
        shown_as["canonical"] = format!("{}/bundles/", making.base_url).into();
    }
    Ok(context! {
        page => Serde(shown_as),
        category => Serde(category),
        crumbs => Serde(making.crumbs(&category.path)),
        children => Serde(children),
        cards => shown,
        count,
        filter => making.form(&category.path),
        pagination => Serde(pagination),
    })
}

fn bundles(making: &Making, kind: Option<BundleType>) -> Value {
    let all = &making.bundles;
    let of = |kind: BundleType| all.iter().filter(move |b| b.bundle_type == kind.word());
    let mut kinds = vec![json!({ "kind": null, "url": "/bundles/", "count": all.len() })];
    kinds.extend(KINDS.map(|kind| {
        let url = Plan::Bundles(Some(kind)).path();
        json!({ "kind": kind.word(), "url": url, "count": of(kind).count() })
    }));
    let shown: Vec<&BundleCard> = match kind {
        Some(kind) => of(kind).collect(),
        None => all.iter().collect(),
    };
    let category = making.catalog().category("bundles");
    let title = making.found.bundles_title.as_str();
    let titles = shown.iter().map(|b| b.title.as_str());
    let description = match category {
        Some(category) => shelf_description(category, 1, titles),
        None => titles.collect::<Vec<_>>().join(", "),
    };
    let path = Plan::Bundles(kind).path();
    let items = shown.iter().map(|b| (b.url.as_str(), b.title.as_str()));
    let json_ld = making.found.bundle_list(&path, shown.len(), items);
    let first = shown.first().and_then(|card| making.catalog().bundles.get(&card.slug));
    let of_first = first.map(|bundle| making.found.bundle_pictures(bundle)).unwrap_or_default();
    let og = making.found.preview(of_first.first().or_else(|| picture_of_shop(making)));
    let mut page = making.page(title, &description, &path, &og, &json_ld);
    // One kind only is a view of the same list.
    page["canonical"] = format!("{}/bundles/", making.base_url).into();
    json!({
        "page": page,
        "kind": kind.map(BundleType::word),
        "kinds": kinds,
        "count": shown.len(),
        "bundles": shown,
    })
}

fn words(making: &Making, page: &Page) -> Value {
    let description = match page.description.as_str() {
        "" => summary(&page.body, SUMMARY),
        own => own.to_owned(),
    };
    let path = Plan::Words(&page.slug).path();
    let og = making.found.preview(picture_of_shop(making));
    let json_ld = making.found.words(page, &description);
    let mut crumbs = making.crumbs("");
    crumbs.push(json!({ "title": page.title, "url": null }));
    json!({
        "page": making.page(&page.title, &description, &path, &og, &json_ld),
        "words": { "slug": page.slug, "title": page.title, "body_html": to_html(&page.body) },
        "crumbs": crumbs,
    })
}

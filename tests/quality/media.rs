//! Pages on paper, and pages that keep still.

use serde_json::Value;

use crate::driver::Tab;
use crate::kinds::{self, Findings};

/// What of a printed page nobody can use, or read without the colours of a screen.
const ON_PAPER: &str = "
    const shown = [...document.body.querySelectorAll('*')].filter((e) => e.checkVisibility());
    const speaks = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const isLight = (e) => {
        const [r, g, b] = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number);
        return 0.299 * r + 0.587 * g + 0.114 * b > 130;
    };
    const useless = shown.filter((e) =>
        e.matches('button, input, select, textarea, nav, dialog, .head, .skip'));
    const faint = shown.filter((e) => speaks(e) && isLight(e));
    const wide = shown.filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
    const say = (what) => (e) => `${what}: ${e.outerHTML.slice(0, 100)}`;
    return [...useless.map(say('useless')), ...faint.map(say('faint')), ...wide.map(say('wide'))]";

/// What still moves, or scrolls by itself.
const MOVES: &str = "
    const long = (times) => times.split(',').some((time) => parseFloat(time) > 0.01);
    const moves = (e, part) => {
        const style = getComputedStyle(e, part);
        return long(style.transitionDuration)
            || (style.animationName !== 'none' && long(style.animationDuration))
            || style.scrollBehavior === 'smooth';
    };
    return [...document.querySelectorAll('*')]
        .filter((e) => [null, '::before', '::after'].some((part) => moves(e, part)))
        .map((e) => e.outerHTML.slice(0, 100))";

fn note_all(findings: &mut Findings, found: &Value, place: &str) {
    for what in found.as_array().unwrap() {
        findings.note(what.as_str().unwrap().to_owned(), place.to_owned());
    }
}

// An order prints in black on white, whatever the screen prefers: what was bought, what it
// cost, where it goes; nothing to press.
#[test]
fn an_order_prints_as_ink_on_paper() {
    let Some(tab) = Tab::open(true) else { return };
    let (shop, kinds) = kinds::all();
    let orders = ["order-paid", "order-shipped", "order-cancelled", "order-pending"];
    let mut findings = Findings::default();
    let mut seen = 0;
    for kind in kinds.iter().filter(|kind| orders.contains(&kind.name)) {
        seen += 1;
        kind.open(&shop, &tab);
        // A sheet of A4 between its margins.
        tab.width(672);
        tab.appear("print", "dark", "reduce");
        note_all(&mut findings, &tab.run(ON_PAPER), kind.name);
        let words = tab.text("main");
        for said in ["Everyday mug", "£", "1 High Street"] {
            assert!(words.contains(said), "{}: no {said} in {words}", kind.name);
        }
    }
    assert_eq!(seen, orders.len());
    findings.none();
}

// Nothing moves where people have asked for stillness; elsewhere some things do.
#[test]
fn nothing_moves_for_whoever_asked_for_stillness() {
    let Some(tab) = Tab::open(true) else { return };
    let (shop, kinds) = kinds::all();
    let mut findings = Findings::default();
    let mut moving = 0;
    for kind in &kinds {
        kind.open(&shop, &tab);
        tab.appear("", "light", "no-preference");
        moving += tab.run(MOVES).as_array().unwrap().len();
        tab.appear("", "light", "reduce");
        note_all(&mut findings, &tab.run(MOVES), kind.name);
    }
    assert!(moving > 0, "the question sees what moves");
    findings.none();
    // The strip of pictures jumps instead of gliding.
    tab.go(&format!("{}/product/everyday-mug/", shop.base));
    let jump = "document.querySelector('[value=HF-TW-001-INK]').click();
        const strip = document.querySelector('.strip');
        return strip.scrollLeft > strip.clientWidth";
    assert_eq!(tab.run(jump), true);
}

//! Notebooks.

use super::{Built, Object, Place};
use crate::materials::{Cloth, Label, PageEdges, Plain};
use crate::palette::Palette;
use crate::sdf::{bar, extrude, rounded_box, slab, smin};
use crate::vector::{Diagonal, V3, v3};

/// Two covers and a rounded spine of a book lying on its back cover.
fn covers(p: V3, half: (f32, f32), height: f32, board: f32) -> f32 {
    let middle = v3(p.x, p.y - height * 0.5, p.z);
    let plates = v3(middle.x, middle.y.abs() - height * 0.5 + board, middle.z);
    let boards = slab(plates, v3(half.0, board, half.1), 0.045, board * 0.8);
    let spine = {
        let q = v3(middle.x + half.0 - 0.02, middle.y, middle.z);
        let arc = (q.x * 1.6).diagonal(q.y) - height * 0.5 + board;
        let wall = extrude(arc.abs() - board, q.z.abs() - half.1, board * 0.6);
        wall.max(q.x - 0.01)
    };
    smin(boards, spine * 0.7, 0.012)
}

/// The block of leaves between the covers.
fn leaves(p: V3, half: (f32, f32), height: f32, board: f32) -> f32 {
    let q = p - v3(0.0, height * 0.5, 0.0);
    let inner = height * 0.5 - board * 2.0 + 0.002;
    rounded_box(q, v3(half.0 - 0.035, inner, half.1 - 0.035), 0.006)
}

fn paper(palette: &Palette) -> Result<PageEdges, String> {
    Ok(PageEdges { colour: palette.get("paper", "leaf")? })
}

pub fn notebook(palette: &Palette, finish: &str) -> Built {
    const HALF: (f32, f32) = (0.60, 0.84);
    const HEIGHT: f32 = 0.17;
    let tape = |p: V3| {
        let near = covers(p, HALF, HEIGHT, 0.014) - 0.004;
        near.max(p.x + 0.40)
    };
    let patch =
        |p: V3| rounded_box(p - v3(0.10, HEIGHT + 0.001, -0.26), v3(0.27, 0.004, 0.17), 0.003);
    let label = Label {
        paper: palette.get("paper", "label")?,
        print: palette.get("paper", "print")?,
        unroll: |p| (p.x - 0.10, -(p.z + 0.26)),
        half: (0.27, 0.17),
    };
    let colour = palette.get("cover", finish)?;
    Ok(Object::new(v3(0.66, 0.20, 0.87), 0.86, 0.70)
        .part(|p| covers(p, HALF, HEIGHT, 0.014), Plain { colour, rough: 0.62, shine: 0.03 })
        .part(|p| leaves(p, HALF, HEIGHT, 0.014), paper(palette)?)
        .part(tape, Cloth::linen(palette.get("cover", "tape")?, 120.0))
        .part(patch, label)
        .turned(0.50))
}

pub fn journal(palette: &Palette, finish: &str) -> Built {
    const HALF: (f32, f32) = (0.58, 0.82);
    const HEIGHT: f32 = 0.26;
    let band = |p: V3| {
        let q = p - v3(0.40, HEIGHT * 0.5, 0.0);
        let outer = rounded_box(q, v3(0.028, HEIGHT * 0.5 + 0.007, HALF.1 + 0.008), 0.006);
        outer.max(-rounded_box(q, v3(0.1, HEIGHT * 0.5 - 0.002, HALF.1 - 0.002), 0.002))
    };
    let ribbon = |p: V3| {
        let sway = 0.03 * (p.z * 9.0).sin();
        let q = v3(p.x + 0.05 + sway, p.y, p.z);
        let flat = v3(q.x, q.y * 3.0, q.z);
        bar(flat, v3(0.0, 0.42, 0.76), v3(0.0, 0.02, 1.06), 0.036, 0.036) * 0.3
    };
    let accent = palette.get("cover", &format!("{finish}-band"))?;
    let colour = palette.get("cover", finish)?;
    let ribbon_paint = Plain { colour: accent, rough: 0.6, shine: 0.03 };
    Ok(Object::new(v3(0.64, 0.29, 1.08), 0.80, 0.70)
        .part(|p| covers(p, HALF, HEIGHT, 0.022), Cloth::linen(colour, 95.0))
        .part(|p| leaves(p, HALF, HEIGHT, 0.022), paper(palette)?)
        .part(band, Plain { colour: accent, rough: 0.7, shine: 0.03 })
        .placed(Place::at(0.0, 0.0, -0.05), ribbon, ribbon_paint)
        .turned(0.50))
}

//! Soap, its dish, and the brush by the sink.

use super::{Built, Object, Place};
use crate::materials::{Brass, Bristle, Grain, Soap};
use crate::palette::Palette;
use crate::sdf::{
    bar, cylinder, ellipsoid, extrude, rounded_box, slab, smax, smin, smooth_tube, tube,
};
use crate::vector::{Diagonal, V3, v3};

/// A frame and a sprig, pressed into the top of a bar: 1 in the grooves.
fn stamp(x: f32, z: f32) -> f32 {
    let groove = |d: f32| (1.0 - d.abs() / 0.016).clamp(0.0, 1.0);
    let (a, b) = (x.abs() - 0.36, z.abs() - 0.16);
    let frame = a.max(0.0).diagonal(b.max(0.0)) + a.max(b).min(0.0) - 0.06;
    let stem = if x.abs() < 0.27 { groove(z - 0.02 * (x * 9.0).sin()) } else { 0.0 };
    let leaf = |cx: f32, side: f32| {
        let (dx, dz) = (x - cx, (z - side * 0.072) * side);
        let (u, w) = (dx * 0.77 + dz * 0.64, dz * 0.77 - dx * 0.64);
        ((1.0 - (u / 0.078).diagonal(w / 0.032)) * 3.0).clamp(0.0, 1.0)
    };
    let mut deepest = groove(frame).max(stem);
    for i in 0..3 {
        let cx = -0.17 + 0.14 * i as f32;
        deepest = deepest.max(leaf(cx, 1.0)).max(leaf(cx, -1.0));
    }
    deepest
}

pub fn soap(palette: &Palette, finish: &str) -> Built {
    let bar = |p: V3| {
        let q = p - v3(0.0, 0.19, 0.0);
        let block = smax(
            rounded_box(q, v3(0.60, 0.19, 0.38), 0.09),
            slab(q, v3(0.60, 0.19, 0.38), 0.15, 0.07),
            0.03,
        );
        let top = if q.y > 0.1 { stamp(p.x, p.z) } else { 0.0 };
        (block + 0.024 * top) * 0.85
    };
    let paint = |seed: &str| -> Result<Soap, String> {
        Ok(Soap {
            colour: palette.get("soap", seed)?,
            vein: palette.get("soap", &format!("{seed}-vein"))?,
        })
    };
    Ok(Object::new(v3(0.62, 0.40, 0.40), 0.62, 0.66).part(bar, paint(finish)?).turned(0.45))
}

pub fn soap_dish(palette: &Palette, finish: &str) -> Built {
    let oval = |x: f32, z: f32, a: f32, b: f32| {
        let k = (x / a).diagonal(z / b);
        let g = (x / (a * a)).diagonal(z / (b * b));
        if g < 1e-5 { -b } else { k * (k - 1.0) / g }
    };
    let shape = move |p: V3| {
        let flare = 0.05 * p.y / 0.2;
        let outer =
            extrude(oval(p.x, p.z, 0.74 + flare, 0.47 + flare), (p.y - 0.11).abs() - 0.11, 0.035);
        let inner =
            extrude(oval(p.x, p.z, 0.67 + flare, 0.40 + flare), (p.y - 0.19).abs() - 0.11, 0.03);
        let ribs = (-3..=3)
            .map(|i| {
                let z = 0.31 - (i as f32 / 4.2).powi(2) * 0.18;
                let q = p - v3(i as f32 * 0.16, 0.085, 0.0);
                rounded_box(q, v3(0.030, 0.045, z), 0.028)
            })
            .fold(1e9, f32::min);
        smin(smax(outer, -inner, 0.03), ribs, 0.02) * 0.92
    };
    let glaze = palette.glaze(finish, 0.055, 0.222)?;
    Ok(Object::new(v3(0.82, 0.24, 0.55), 0.62, 0.66).part(shape, glaze).turned(0.40))
}

/// Hexagonally set tufts under the brush's head.
fn tufts(p: V3) -> f32 {
    let mut nearest = 1e9f32;
    for row in -4i32..=4 {
        for column in -4i32..=4 {
            let x = column as f32 * 0.098 + if row & 1 == 0 { 0.0 } else { 0.049 };
            let z = row as f32 * 0.085;
            if x.diagonal(z) > 0.345 {
                continue;
            }
            let foot = v3(x * 1.28, 0.0, z * 1.28);
            nearest = nearest.min(bar(p, foot, v3(x, 0.34, z), 0.050, 0.036));
        }
    }
    smax(nearest, -p.y, 0.01).max(p.y - 0.36)
}

pub fn brush(palette: &Palette, finish: &str) -> Built {
    let head = |p: V3| {
        let disc = cylinder(p - v3(0.0, 0.40, 0.0), 0.43, 0.075, 0.05);
        let dome = ellipsoid(p - v3(0.0, 0.44, 0.0), v3(0.36, 0.10, 0.36));
        smin(disc, dome, 0.06)
    };
    let path = [
        [0.10, 0.50, 0.0, 0.085],
        [0.42, 0.56, 0.0, 0.080],
        [0.85, 0.47, 0.0, 0.085],
        [1.35, 0.29, 0.0, 0.105],
        [1.85, 0.115, 0.0, 0.095],
    ];
    let path = smooth_tube(&path, 6);
    let stick = move |p: V3| {
        let eye = (p.x - 1.80).diagonal(p.z) - 0.035;
        smax(tube(p, &path), -eye, 0.02)
    };
    let shape = move |p: V3| if p.x < -0.2 { head(p) } else { smin(head(p), stick(p), 0.07) };
    let band = |p: V3| cylinder(p - v3(0.0, 0.345, 0.0), 0.402, 0.022, 0.008);
    let origin = Place::at(-0.75, 0.0, 0.0);
    let mut object = Object::new(v3(1.25, 0.72, 0.50), 0.42, 0.70)
        .placed(origin, shape, palette.wood(finish, Grain::X, 1.0)?)
        .placed(origin, tufts, Bristle { colour: palette.get("fibre", "bristle")? })
        .placed(origin, band, Brass { colour: palette.get("metal", "brass")? });
    object = object.turned(-0.42);
    Ok(object)
}

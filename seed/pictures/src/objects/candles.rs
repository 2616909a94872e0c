//! Candles and what holds them.

use super::{Built, Object, Place, lathe};
use crate::materials::{Glass, Label, Plain};
use crate::palette::Palette;
use crate::sdf::{bar, cylinder, extrude, smax, smin, smoothstep};
use crate::vector::{Diagonal, V3, v3};

fn wax(palette: &Palette) -> Result<Plain, String> {
    Ok(Plain { colour: palette.get("candle", "wax")?, rough: 0.5, shine: 0.03 })
}

fn wick(palette: &Palette) -> Result<Plain, String> {
    Ok(Plain { colour: palette.get("candle", "wick")?, rough: 0.9, shine: 0.01 })
}

/// Where a point of the jar's wall lies on the label around it.
fn unroll(p: V3) -> (f32, f32) {
    (p.x.atan2(p.z) * 0.452, p.y - 0.42)
}

pub fn candle(palette: &Palette, finish: &str) -> Built {
    let jar = |p: V3| {
        let outer = cylinder(p - v3(0.0, 0.50, 0.0), 0.45, 0.50, 0.05);
        let inner = cylinder(p - v3(0.0, 0.62, 0.0), 0.418, 0.52, 0.04);
        smax(outer, -inner, 0.012)
    };
    let fill = |p: V3| {
        let meniscus = 0.018 * smoothstep(0.36, 0.42, p.radius());
        cylinder(p - v3(0.0, 0.405 + meniscus, 0.0), 0.4195, 0.307, 0.03)
    };
    let thread = |p: V3| bar(p, v3(0.0, 0.66, 0.0), v3(0.012, 0.80, 0.004), 0.014, 0.012);
    let sticker = |p: V3| {
        let (across, up) = unroll(p);
        let outline = v3(across.abs() - 0.245, up.abs() - 0.245, 0.0);
        let flat = outline.map(|c| c.max(0.0)).len() + outline.x.max(outline.y).min(0.0);
        let behind = if p.z < 0.0 { 0.2 } else { 0.0 };
        extrude(flat, (p.radius() - 0.4525).abs() - 0.0030, 0.001).max(behind) * 0.9
    };
    let label = Label {
        paper: palette.get("candle", "label")?,
        print: palette.get("candle", "print")?,
        unroll,
        half: (0.245, 0.245),
    };
    let glass = Glass { colour: palette.get("glass", finish)? };
    Ok(Object::new(v3(0.47, 1.01, 0.47), 0.30, 0.64)
        .part(fill, wax(palette)?)
        .part(thread, wick(palette)?)
        .part(sticker, label)
        .part(jar, glass)
        .clear()
        .turned(-0.22))
}

pub fn taper_holder(palette: &Palette, finish: &str) -> Built {
    let dish = lathe(&[
        [0.0, 0.050, 0.040],
        [0.32, 0.050, 0.040],
        [0.50, 0.060, 0.036],
        [0.58, 0.105, 0.030],
        [0.605, 0.155, 0.026],
    ]);
    let socket = |p: V3| {
        let tall = extrude(p.radius() - 0.135, (p.y - 0.22).abs() - 0.19, 0.02);
        let collar = (p.radius() - 0.135).diagonal(p.y - 0.41) - 0.028;
        let bore = extrude(p.radius() - 0.088, (p.y - 0.40).abs() - 0.20, 0.005);
        smax(smin(tall, collar, 0.03), -bore, 0.012)
    };
    let ring = |p: V3| {
        let q = p - v3(0.70, 0.165, 0.0);
        let around = q.x.diagonal(q.y) - 0.115;
        smax(around.diagonal(q.z * 0.75) - 0.032, 0.59 - p.radius(), 0.02)
    };
    let base = move |p: V3| smin(smin(dish(p), socket(p), 0.06), ring(p), 0.04);
    let stick = |p: V3| bar(p, v3(0.0, 0.28, 0.0), v3(0.0, 1.42, 0.0), 0.080, 0.056);
    let thread = |p: V3| bar(p, v3(0.0, 1.42, 0.0), v3(0.008, 1.555, 0.0), 0.012, 0.010);
    Ok(Object::new(v3(0.86, 1.58, 0.66), 0.30, 0.70)
        .part(base, palette.glaze_or_brass(finish, 0.045, 0.45)?)
        .part(stick, wax(palette)?)
        .part(thread, wick(palette)?)
        .turned(0.45))
}

pub fn tea_light(palette: &Palette, finish: &str) -> Built {
    let cup = lathe(&[
        [0.0, 0.060, 0.050],
        [0.24, 0.060, 0.050],
        [0.38, 0.085, 0.048],
        [0.475, 0.20, 0.044],
        [0.505, 0.36, 0.040],
        [0.490, 0.52, 0.034],
    ]);
    let tin = |p: V3| {
        let outer = cylinder(p, 0.27, 0.115, 0.012);
        let inner = cylinder(p - v3(0.0, 0.06, 0.0), 0.258, 0.12, 0.010);
        smax(outer, -inner, 0.004)
    };
    let fill = |p: V3| {
        let meniscus = 0.012 * smoothstep(0.20, 0.26, p.radius());
        cylinder(p - v3(0.0, -0.02 + meniscus, 0.0), 0.2585, 0.10, 0.01)
    };
    let thread = |p: V3| bar(p, v3(0.0, 0.06, 0.0), v3(0.006, 0.15, 0.0), 0.011, 0.009);
    let foil = crate::materials::Brass { colour: palette.get("metal", "tin")? };
    let seat = Place::at(0.0, 0.222, 0.0);
    Ok(Object::new(v3(0.56, 0.58, 0.56), 0.52, 0.62)
        .part(cup, palette.glaze(finish, 0.13, 0.548)?)
        .placed(seat, tin, foil)
        .placed(seat, fill, wax(palette)?)
        .placed(seat, thread, wick(palette)?))
}

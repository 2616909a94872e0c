//! Folded linen, cushions, blankets and baskets.

use super::{Built, Object, Place, lathe};
use crate::materials::{Cloth, Plain, Weave, Wicker};
use crate::noise::{fbm, noise};
use crate::palette::Palette;
use crate::sdf::{Profile, extrude, rounded_box, smax, smooth_tube, smoothstep, tube};
use crate::vector::{Diagonal, V3, v3};

/// A half turn of cloth open towards the back: `low` is its lower layer's height, `bend` its
/// radius, `front` where the fold is, `back` where it ends.
fn fold(low: f32, bend: f32, front: f32, back: f32, thick: f32) -> Vec<[f32; 3]> {
    let mut points = vec![[back, low, thick]];
    for i in 0..=12 {
        let angle = -std::f32::consts::FRAC_PI_2 + std::f32::consts::PI * i as f32 / 12.0;
        points.push([front - bend + bend * angle.cos(), low + bend + bend * angle.sin(), thick]);
    }
    points.push([back, low + bend * 2.0, thick]);
    points
}

/// A cloth folded twice, its folds to the front; half width `half.0`, half depth `half.1`.
/// It is four layers high, each `gap` above the other.
fn folded(half: (f32, f32), gap: f32, seed: f32) -> impl Fn(V3) -> f32 {
    let thick = gap * 0.47;
    let outer = Profile::polyline(fold(thick, gap * 1.5, half.1 - thick, -half.1, thick));
    let tucked = half.1 - thick - gap;
    let inner = Profile::polyline(fold(thick + gap, gap * 0.5, tucked, -half.1 + 0.02, thick));
    move |p: V3| {
        let q = p + v3(seed, seed * 3.0, -seed);
        let wave = (noise(v3(q.x * 2.3, q.y * 0.8, q.z * 2.3)) - 0.5) * gap * 0.34;
        let wave = wave * smoothstep(0.0, gap * 1.2, p.y);
        let side = p.x.abs() - half.0;
        let ragged = if side > -gap {
            (fbm(v3(q.y * 14.0, q.z * 1.4, seed)) - 0.47) * gap * 0.5
        } else {
            0.0
        };
        let plan = outer.distance(p.z, p.y + wave).min(inner.distance(p.z, p.y + wave));
        extrude(plan, side - ragged, thick * 0.7) * 0.8
    }
}

pub fn towel(palette: &Palette, finish: &str) -> Built {
    let colour = palette.get("cloth", finish)?;
    let contrast = palette.get("cloth", if finish == "natural" { "indigo" } else { "natural" })?;
    let mut object = Object::new(v3(0.84, 0.98, 0.66), 0.46, 0.66);
    let gap = 0.075;
    for (i, (x, z, turn)) in
        [(0.0, 0.0, 0.0), (0.02, -0.02, 0.035), (-0.01, 0.015, -0.025)].into_iter().enumerate()
    {
        let place = Place { at: v3(x, i as f32 * gap * 4.02, z), turn, lean: 0.0 };
        let mut cloth = Cloth::linen(colour, 64.0);
        cloth.stripes = vec![(0.50, 0.035, contrast), (0.42, 0.012, contrast)];
        object = object.placed(place, folded((0.76, 0.56), gap, i as f32 * 1.7), cloth);
    }
    Ok(object.turned(0.46))
}

pub fn napkin(palette: &Palette, finish: &str) -> Built {
    let colour = palette.get("cloth", finish)?;
    let mut object = Object::new(v3(0.76, 0.44, 0.76), 0.62, 0.68);
    let gap = 0.026;
    let spots = [(0.0, 0.0, 0.0), (0.01, -0.01, 0.03), (-0.01, 0.01, -0.02), (0.0, 0.0, 0.015)];
    for (i, (x, z, turn)) in spots.into_iter().enumerate() {
        let place = Place { at: v3(x, i as f32 * gap * 4.0, z), turn, lean: 0.0 };
        let cloth = Cloth::linen(colour, 78.0);
        object = object.placed(place, folded((0.66, 0.66), gap, 3.0 + i as f32), cloth);
    }
    let band = move |p: V3| {
        let middle = gap * 8.0;
        let q = p - v3(0.0, middle, 0.0);
        let sag = 0.006 * (noise(p * 3.0) - 0.5);
        rounded_box(q, v3(0.15, middle + 0.004 + sag, 0.680), 0.018)
    };
    let sleeve = Plain { colour: palette.get("paper", "kraft")?, rough: 0.85, shine: 0.02 };
    Ok(object.part(band, sleeve).turned(0.62))
}

/// Half the thickness of a cushion's filling at a place between -1 and 1 both ways.
fn plump(x: f32, y: f32) -> f32 {
    let (a, b) = ((1.0 - x * x).max(0.0), (1.0 - y * y).max(0.0));
    (a * b).powf(0.42)
}

pub fn cushion(palette: &Palette, finish: &str) -> Built {
    let colour = palette.get("cloth", finish)?;
    let outline = |p: V3| {
        let (x, y) = (p.x / 0.80, p.y / 0.80);
        let edge_x = 0.80 - 0.075 * (1.0 - y * y).max(0.0);
        let edge_y = 0.80 - 0.075 * (1.0 - x * x).max(0.0);
        let (a, b) = (p.x.abs() - edge_x + 0.05, p.y.abs() - edge_y + 0.05);
        let corner = a.max(0.0).diagonal(b.max(0.0)) + a.max(b).min(0.0) - 0.05;
        (corner, x / (edge_x / 0.80), y / (edge_y / 0.80))
    };
    let body = move |p: V3| {
        let (edge, x, y) = outline(p);
        let pull = (x.abs().max(y.abs())).powi(4) * (1.0 - (x * y).abs());
        let creases = (fbm(v3(p.x * 5.0, p.y * 5.0, 3.0)) - 0.47) * 0.05 * (0.25 + pull);
        let slump = 1.0 - 0.06 * p.y;
        let thick = 0.27 * slump * plump(x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0)) + creases * 0.6;
        smax(p.z.abs() - thick - 0.012, edge, 0.03) * 0.5
    };
    let piping = move |p: V3| {
        let (edge, _, _) = outline(p);
        (edge.abs().diagonal(p.z) - 0.024) * 0.8
    };
    let place = Place { at: v3(0.0, 0.80, 0.0), turn: 0.0, lean: 0.20 };
    let trim = Cloth::linen(colour * 0.86, 70.0);
    Ok(Object::new(v3(0.86, 1.64, 0.50), 0.20, 0.68)
        .placed(place, body, Cloth::linen(colour, 62.0))
        .placed(place, piping, trim)
        .turned(-0.38))
}

pub fn throw(palette: &Palette, finish: &str) -> Built {
    let colour = palette.get("wool", finish)?;
    let gap = 0.145;
    let knit = Cloth { colour, weave: Weave::Knit, threads: 30.0, stripes: Vec::new() };
    Ok(Object::new(v3(0.88, 0.70, 0.68), 0.46, 0.70)
        .part(folded((0.80, 0.62), gap, 0.6), knit)
        .turned(0.48))
}

pub fn basket(palette: &Palette, finish: &str) -> Built {
    const ROWS: f32 = 15.0;
    let body = lathe(&[
        [0.0, 0.060, 0.040],
        [0.36, 0.060, 0.040],
        [0.52, 0.085, 0.040],
        [0.62, 0.24, 0.038],
        [0.665, 0.52, 0.038],
        [0.640, 0.84, 0.038],
        [0.615, 0.98, 0.040],
    ]);
    let shape = move |p: V3| {
        let row = p.y * ROWS;
        let arch = (std::f32::consts::PI * (row - row.floor())).sin().max(0.0).sqrt();
        let phase = if row.floor() as i32 & 1 == 0 { 0.0 } else { std::f32::consts::PI };
        let stake = (p.x.atan2(p.z) * 26.0 + phase).cos();
        (body(p) - 0.030 * arch * (0.55 + 0.45 * stake)) * 0.6
    };
    let rim = |p: V3| {
        let twist = 0.012 * (p.x.atan2(p.z) * 46.0 + p.y * 40.0).sin();
        ((p.radius() - 0.622).diagonal(p.y - 1.005) - 0.055 - twist) * 0.75
    };
    let loops = smooth_tube(
        &[
            [0.64, 0.86, -0.20, 0.034],
            [0.70, 1.06, -0.17, 0.034],
            [0.71, 1.21, 0.0, 0.034],
            [0.70, 1.06, 0.17, 0.034],
            [0.64, 0.86, 0.20, 0.034],
        ],
        5,
    );
    let handles = move |p: V3| tube(v3(p.x.abs(), p.y, p.z), &loops);
    let straw = |rows| -> Result<Wicker, String> {
        Ok(Wicker { colour: palette.get("fibre", finish)?, rows })
    };
    let leather = Plain { colour: palette.get("leather", "tan")?, rough: 0.55, shine: 0.035 };
    Ok(Object::new(v3(0.80, 1.26, 0.76), 0.40, 0.68)
        .part(shape, straw(ROWS)?)
        .part(rim, straw(60.0)?)
        .part(handles, leather)
        .turned(0.35))
}

//! The studio: a large soft box up on the left, a strip on the right, a soft ceiling, a faint dome.

use crate::noise::Rng;
use crate::vector::{V3, basis, v3};

const TAU: f32 = std::f32::consts::TAU;
const KEY_CONE: f32 = 0.76;
const RIM_CONE: f32 = 0.80;

/// How often each way of choosing a direction is taken: cosine, key, rim.
const SHARE: [f32; 3] = [0.40, 0.42, 0.18];

/// The lights, all so far away that only their direction matters.
pub struct Studio {
    key: V3,
    key_side: V3,
    rim: V3,
    rim_side: V3,
    top: V3,
    /// What an open floor of albedo one sends back; pictures are exposed for it.
    pub floor: f32,
}

impl Studio {
    pub fn new() -> Studio {
        let mut studio = Studio {
            key: v3(-0.66, 0.62, 0.46).norm(),
            key_side: v3(0.46, 0.0, 0.66).norm(),
            rim: v3(0.86, 0.35, -0.30).norm(),
            rim_side: v3(0.30, 0.0, 0.86).norm(),
            top: v3(0.05, 1.0, -0.1).norm(),
            floor: 1.0,
        };
        let mut rng = Rng::new(1);
        let rounds = 300_000;
        let mut sum = 0f64;
        for _ in 0..rounds {
            let light = studio.sky(cosine(V3::UP, &mut rng));
            sum += f64::from(light.x + light.y + light.z) / 3.0;
        }
        studio.floor = (sum / f64::from(rounds)) as f32;
        studio
    }

    /// Light arriving from direction `d`.
    pub fn sky(&self, d: V3) -> V3 {
        let key = panel(d, self.key, self.key_side, (0.48, 0.48), 0.25) * 6.6;
        let rim = panel(d, self.rim, self.rim_side, (0.18, 0.60), 0.20) * 3.0;
        let top = panel(d, self.top, v3(1.0, 0.0, 0.0), (0.8, 0.5), 0.30) * 1.3;
        let dome = 0.40 + 0.20 * d.y.max(0.0) + 0.22 * d.z.max(0.0);
        v3(1.0, 0.98, 0.95) * key
            + v3(0.95, 0.975, 1.0) * rim
            + V3::ONE * top
            + v3(0.68, 0.685, 0.70) * dome
    }

    /// A direction leaving a matt surface with normal `n`, and the weight of what it brings.
    ///
    /// One sample out of three strategies, weighed by the balance heuristic.
    pub fn scatter(&self, n: V3, rng: &mut Rng) -> (V3, f32) {
        let choice = rng.unit();
        let d = if choice < SHARE[0] {
            cosine(n, rng)
        } else if choice < SHARE[0] + SHARE[1] {
            cone(self.key, KEY_CONE, rng)
        } else {
            cone(self.rim, RIM_CONE, rng)
        };
        let c = d.dot(n);
        if c <= 0.0 {
            return (d, 0.0);
        }
        let density = |axis: V3, edge: f32| {
            if d.dot(axis) > edge { 1.0 / (TAU * (1.0 - edge)) } else { 0.0 }
        };
        let lobe = c * std::f32::consts::FRAC_1_PI;
        let mixed = SHARE[0] * lobe
            + SHARE[1] * density(self.key, KEY_CONE)
            + SHARE[2] * density(self.rim, RIM_CONE);
        (d, lobe / mixed)
    }
}

/// Brightness of a rectangular light with soft edges, centred on `c`, one side along `side`.
fn panel(d: V3, c: V3, side: V3, half: (f32, f32), soft: f32) -> f32 {
    let z = d.dot(c);
    if z <= 0.0 {
        return 0.0;
    }
    let other = c.cross(side).norm();
    let fall = |x: f32, w: f32| 1.0 - ((x.abs() - w) / soft).clamp(0.0, 1.0);
    fall(d.dot(side) / z, half.0) * fall(d.dot(other) / z, half.1)
}

/// A direction around `n` with density proportional to the cosine.
fn cosine(n: V3, rng: &mut Rng) -> V3 {
    let (u, turn) = (rng.unit(), TAU * rng.unit());
    let r = u.sqrt();
    let (t, b) = basis(n);
    (t * (r * turn.cos()) + b * (r * turn.sin()) + n * (1.0 - u).max(0.0).sqrt()).norm()
}

/// A direction spread evenly over the cone around `axis`.
fn cone(axis: V3, edge: f32, rng: &mut Rng) -> V3 {
    let z = 1.0 - rng.unit() * (1.0 - edge);
    let s = (1.0 - z * z).max(0.0).sqrt();
    let turn = TAU * rng.unit();
    let (t, b) = basis(axis);
    (t * (s * turn.cos()) + b * (s * turn.sin()) + axis * z).norm()
}

/// Microfacet normal around `n` for a surface of the given roughness.
pub fn facet(n: V3, rough: f32, rng: &mut Rng) -> V3 {
    let a = rough * rough;
    let (u, turn) = (rng.unit(), TAU * rng.unit());
    let c = ((1.0 - u) / (1.0 + (a * a - 1.0) * u)).max(0.0).sqrt();
    let s = (1.0 - c * c).max(0.0).sqrt();
    let (t, b) = basis(n);
    (t * (s * turn.cos()) + b * (s * turn.sin()) + n * c).norm()
}

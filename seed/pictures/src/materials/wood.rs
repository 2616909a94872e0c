//! Wood: year rings around a pith beside the plank, pores and fleck along the grain.

use super::{Paint, Surface};
use crate::noise::{fbm, noise};
use crate::vector::{Diagonal, V3, v3};

/// The direction in which the tree grew.
#[derive(Clone, Copy)]
pub enum Grain {
    X,
    Y,
    Z,
}

/// What tells one wood from another.
#[derive(Clone)]
pub struct Species {
    pub light: V3,
    pub dark: V3,
    /// Year rings to a unit of length.
    pub rings: f32,
    /// How far the rings wander.
    pub waver: f32,
    /// Strength of the fine dark pores.
    pub pores: f32,
}

/// A piece of wood.
pub struct Wood {
    pub species: Species,
    pub grain: Grain,
    /// Sets pieces of the same wood apart.
    pub seed: f32,
}

impl Wood {
    /// The point with the grain along y.
    fn upright(&self, p: V3) -> V3 {
        let q = match self.grain {
            Grain::X => v3(p.y, p.x, p.z),
            Grain::Y => p,
            Grain::Z => v3(p.x, p.z, p.y),
        };
        q + v3(self.seed * 0.37, self.seed * 2.3, self.seed * 0.53)
    }

    /// 0 in early wood, rising to 1 at the end of each year.
    fn ring(&self, q: V3) -> f32 {
        let s = &self.species;
        let drift = v3(q.x * 1.1, q.y * 0.35, q.z * 1.1);
        let wander = (fbm(drift + v3(5.0, 0.0, 9.0)) - 0.47) * s.waver;
        let fine = (noise(v3(q.x * 9.0, q.y * 1.1, q.z * 9.0)) - 0.5) * 0.03;
        let r = (q.x + 0.75).diagonal(q.z + 1.05) + wander + fine;
        let year = r * s.rings + 0.8 * noise(v3(r * s.rings * 0.4, 0.0, self.seed));
        let t = year - year.floor();
        if t < 0.82 { (t / 0.82).powi(2) } else { (1.0 - t) / 0.18 }
    }

    fn pore(&self, q: V3) -> f32 {
        let long = noise(v3(q.x * 85.0, q.y * 3.2, q.z * 85.0));
        ((long - 0.62) * 3.2).clamp(0.0, 1.0)
    }
}

impl Paint for Wood {
    fn surface(&self, p: V3, n: V3) -> Surface {
        let q = self.upright(p);
        let s = &self.species;
        let fibre = noise(v3(q.x * 38.0, q.y * 1.3, q.z * 38.0));
        let cloud = fbm(v3(q.x * 1.6, q.y * 0.5, q.z * 1.6));
        let mix = 0.55 * self.ring(q) + 0.30 * fibre + 0.5 * (cloud - 0.35);
        let along = match self.grain {
            Grain::X => n.x,
            Grain::Y => n.y,
            Grain::Z => n.z,
        };
        let end = along.abs().powi(6);
        let mut colour = s.light.lerp(s.dark, mix.clamp(0.0, 1.0));
        colour = colour * (1.0 - 0.40 * s.pores * self.pore(q)) * (1.0 - 0.18 * end);
        Surface::new(colour, 0.52, 0.032)
    }

    fn relief(&self, p: V3, _n: V3) -> f32 {
        let q = self.upright(p);
        0.0012 * noise(v3(q.x * 38.0, q.y * 1.3, q.z * 38.0)) - 0.0008 * self.pore(q)
    }

    fn raised(&self) -> bool {
        true
    }
}

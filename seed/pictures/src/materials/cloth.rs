//! Woven and knitted cloth, thread by thread.

use super::{Paint, Surface};
use crate::noise::{fbm, hash, noise};
use crate::vector::{V3, v3};

/// How the threads lie.
#[derive(Clone, Copy, PartialEq)]
pub enum Weave {
    /// Over one, under one, with uneven linen threads.
    Linen,
    /// Rows of little V, as a knitted blanket has.
    Knit,
}

/// A cloth whose threads follow the shape's faces.
pub struct Cloth {
    pub colour: V3,
    pub weave: Weave,
    /// Threads to a unit of length.
    pub threads: f32,
    /// A contrasting stripe woven in across x: centre, half width and colour.
    pub stripes: Vec<(f32, f32, V3)>,
}

impl Cloth {
    pub fn linen(colour: V3, threads: f32) -> Cloth {
        Cloth { colour, weave: Weave::Linen, threads, stripes: Vec::new() }
    }

    /// Coordinates along the threads on the face that `n` belongs to.
    fn along(&self, p: V3, n: V3) -> (f32, f32) {
        let (x, y, z) = (n.x.abs(), n.y.abs(), n.z.abs());
        let (u, v) = if x > y && x > z {
            (p.z, p.y)
        } else if y > z {
            (p.x, p.z)
        } else {
            (p.x, p.y)
        };
        let bend = 0.012 * (noise(p * 3.0) - 0.5);
        ((u + bend) * self.threads, (v - bend) * self.threads)
    }

    /// Height of the threads (0..1) and how light this very thread is (about 1).
    fn thread(&self, u: f32, v: f32) -> (f32, f32) {
        let (i, j) = (u.floor() as i32, v.floor() as i32);
        let (a, b) = (u - u.floor(), v - v.floor());
        let arch = |t: f32| (std::f32::consts::PI * t).sin();
        match self.weave {
            Weave::Linen => {
                let (across, length, name, far) = if (i + j) & 1 == 0 {
                    (a, b, hash(i, 11, 0), v)
                } else {
                    (b, a, hash(j, 37, 1), u)
                };
                let slub = noise(v3(name * 900.0, far * 0.13, 0.0));
                let height = arch(across).max(0.0).sqrt() * (0.55 + 0.45 * arch(length));
                (height, 0.82 + 0.20 * name + 0.18 * slub)
            }
            Weave::Knit => {
                let side = if a < 0.5 { a } else { 1.0 - a };
                let row = v + side * 0.9;
                let lump = arch(row - row.floor()).max(0.0).sqrt();
                let bulge = arch(a * 2.0 - (a * 2.0).floor()).max(0.0).sqrt();
                (lump * (0.35 + 0.65 * bulge), 0.92 + 0.16 * hash(i, row.floor() as i32, 3))
            }
        }
    }

    fn depth(&self) -> f32 {
        match self.weave {
            Weave::Linen => 0.10,
            Weave::Knit => 0.28,
        }
    }
}

impl Paint for Cloth {
    fn surface(&self, p: V3, n: V3) -> Surface {
        let (u, v) = self.along(p, n);
        let (height, tint) = self.thread(u, v);
        let fuzz = 0.94 + 0.12 * fbm(p * 14.0);
        let stripe = self.stripes.iter().find(|s| (p.x - s.0).abs() < s.1);
        let base = stripe.map_or(self.colour, |s| s.2);
        let hollow = match self.weave {
            Weave::Linen => 0.62 + 0.42 * height,
            Weave::Knit => 0.55 + 0.48 * height,
        };
        Surface::new((base * (tint * fuzz * hollow)).min_each(0.95), 0.92, 0.012)
    }

    fn relief(&self, p: V3, n: V3) -> f32 {
        let (u, v) = self.along(p, n);
        self.depth() * self.thread(u, v).0 / self.threads + 0.005 * noise(p * 9.0)
    }

    fn raised(&self) -> bool {
        true
    }
}

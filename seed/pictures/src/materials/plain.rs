//! The other materials: plain ones, glass, brass, soap, slate, paper, bristles and straw.

use super::{Paint, Surface};
use crate::noise::{fbm, hash, noise};
use crate::sdf::smoothstep;
use crate::vector::{Diagonal, V3, v3};

/// One colour, a little uneven.
pub struct Plain {
    pub colour: V3,
    pub rough: f32,
    pub shine: f32,
}

impl Paint for Plain {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        Surface::new(self.colour * (0.96 + 0.08 * fbm(p * 9.0)), self.rough, self.shine)
    }
}

/// Clear or dyed glass; `colour` is what one pane lets through.
pub struct Glass {
    pub colour: V3,
}

impl Paint for Glass {
    fn surface(&self, _p: V3, _n: V3) -> Surface {
        Surface::new(self.colour, 0.0, 0.04)
    }
}

/// Brass brushed around its axis.
pub struct Brass {
    pub colour: V3,
}

impl Paint for Brass {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let brush = noise(v3(p.radius() * 140.0, p.y * 140.0, 0.5));
        let colour = self.colour * (0.90 + 0.14 * brush);
        Surface { colour, rough: 0.40 + 0.10 * brush, shine: 1.0, metal: true }
    }
}

/// Marbled soap.
pub struct Soap {
    pub colour: V3,
    pub vein: V3,
}

impl Paint for Soap {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let swirl = v3(p.x * 2.0 + 1.6 * fbm(p * 2.2), p.y * 4.0, p.z * 2.0 + fbm(p * 3.1));
        let n = fbm(swirl);
        let vein = smoothstep(0.50, 0.72, n) * 0.7;
        let colour = self.colour * (0.95 + 0.10 * fbm(p * 20.0));
        Surface::new(colour.lerp(self.vein, vein), 0.46, 0.035)
    }

    fn relief(&self, p: V3, _n: V3) -> f32 {
        0.010 * fbm(p * 5.0)
    }

    fn raised(&self) -> bool {
        true
    }
}

/// Split slate.
pub struct Slate {
    pub colour: V3,
}

impl Paint for Slate {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let layers = fbm(v3(p.x * 5.0, p.y * 40.0, p.z * 5.0));
        Surface::new(self.colour * (0.72 + 0.6 * layers), 0.62, 0.035)
    }

    fn relief(&self, p: V3, _n: V3) -> f32 {
        let split = fbm(v3(p.x * 6.0, p.y * 45.0, p.z * 6.0));
        0.022 * split + 0.004 * noise(p * 60.0)
    }

    fn raised(&self) -> bool {
        true
    }
}

/// The leaves of a book lying flat, seen from the side.
pub struct PageEdges {
    pub colour: V3,
}

impl Paint for PageEdges {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let leaf = hash((p.y * 420.0).floor() as i32, 3, 8);
        let cloud = noise(v3(p.x * 6.0, p.y * 180.0, p.z * 6.0));
        Surface::new(self.colour * (0.78 + 0.14 * leaf + 0.12 * cloud), 0.9, 0.02)
    }
}

/// A printed paper label: a name and two lines, without words.
pub struct Label {
    pub paper: V3,
    pub print: V3,
    /// Position on the label: from p to across (left to right) and up.
    pub unroll: fn(V3) -> (f32, f32),
    /// Half width and half height.
    pub half: (f32, f32),
}

impl Label {
    /// Whether ink lies at this place, in units of the label's half width.
    fn inked(&self, x: f32, y: f32) -> bool {
        let tall = self.half.1 / self.half.0;
        let frame = x.abs().max(y.abs() + 1.0 - tall);
        if (0.88..0.905).contains(&frame) {
            return true;
        }
        let line =
            |centre: f32, half: f32, thick: f32| (y - centre).abs() < thick && x.abs() < half;
        let petal = |turn: f32| {
            let (s, c) = turn.sin_cos();
            let (a, b) = (x, y - 0.30 * tall);
            let (a, b) = (c * a - s * b, s * a + c * b);
            (a / 0.055).diagonal((b - 0.14) / 0.14) < 1.0
        };
        let leaf = [-0.9f32, 0.0, 0.9].iter().any(|&t| petal(t));
        leaf || line(-0.16 * tall, 0.46, 0.028)
            || line(-0.36 * tall, 0.32, 0.015)
            || line(-0.50 * tall, 0.24, 0.015)
    }
}

impl Paint for Label {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let (x, y) = (self.unroll)(p);
        let colour = if self.inked(x / self.half.0, y / self.half.0) {
            self.print
        } else {
            self.paper * (0.97 + 0.05 * fbm(p * 40.0))
        };
        Surface::new(colour, 0.8, 0.02)
    }
}

/// Stiff plant fibres standing along y.
pub struct Bristle {
    pub colour: V3,
}

impl Paint for Bristle {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let strand = noise(v3(p.x * 150.0, p.y * 2.0, p.z * 150.0));
        Surface::new(self.colour * (0.55 + 0.62 * strand), 0.8, 0.02)
    }

    fn relief(&self, p: V3, _n: V3) -> f32 {
        0.006 * noise(v3(p.x * 120.0, p.y * 2.0, p.z * 120.0))
    }

    fn raised(&self) -> bool {
        true
    }
}

/// Straw plaited around an upright basket.
pub struct Wicker {
    pub colour: V3,
    /// Rows to a unit of height.
    pub rows: f32,
}

impl Paint for Wicker {
    fn surface(&self, p: V3, _n: V3) -> Surface {
        let row = (p.y * self.rows).floor();
        let around = p.x.atan2(p.z) * 1.2;
        let strand = noise(v3(around * 3.0, p.y * 130.0, row));
        let straw =
            0.80 + 0.16 * hash(row as i32, (around * 5.0) as i32, 2) + 0.22 * (strand - 0.5);
        Surface::new(self.colour * (straw * (0.92 + 0.16 * fbm(p * 4.0))), 0.7, 0.025)
    }

    fn relief(&self, p: V3, _n: V3) -> f32 {
        0.003 * noise(v3(p.x.atan2(p.z) * 3.0, p.y * 130.0, 0.0))
    }

    fn raised(&self) -> bool {
        true
    }
}

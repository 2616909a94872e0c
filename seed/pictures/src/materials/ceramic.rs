//! Speckled stoneware glaze that ends above a bare clay foot.

use super::{Paint, Surface};
use crate::noise::{fbm, speckle};
use crate::sdf::smoothstep;
use crate::vector::{V3, v3};

const IRON: V3 = v3(0.050, 0.038, 0.030);

/// A glazed pot.
pub struct Glaze {
    pub colour: V3,
    pub clay: V3,
    /// Height at which the glaze ends.
    pub foot: f32,
    /// Height of the rim, where the glaze runs thin and the clay shows through.
    pub rim: f32,
    /// Number of specks; 0.1 is many.
    pub specks: f32,
}

impl Glaze {
    /// The wavy line along which the potter dipped the pot.
    fn line(&self, p: V3) -> f32 {
        if p.y > self.foot + 0.1 {
            return self.foot;
        }
        let around = v3(p.x * 3.0, 1.0, p.z * 3.0);
        self.foot + (fbm(around) - 0.47) * 0.035
    }

    fn bare(&self, p: V3, n: V3) -> bool {
        n.y < 0.45 && p.y < self.line(p)
    }
}

impl Paint for Glaze {
    fn surface(&self, p: V3, n: V3) -> Surface {
        if self.bare(p, n) {
            let mottle = fbm(p * 16.0);
            let grog = speckle(p + v3(3.0, 1.0, 2.0), 45.0, 0.12);
            let colour = self.clay * (0.86 + 0.28 * mottle);
            return Surface::new(colour.lerp(colour * 0.45, grog), 0.85, 0.02);
        }
        let specks = speckle(p, 17.0, self.specks) * 0.75 + speckle(p, 46.0, self.specks) * 0.35;
        let cloud = 0.93 + 0.15 * fbm(p * 2.6);
        let edge = p.y - self.line(p);
        let thick = 1.0 - 0.10 * smoothstep(0.05, 0.0, edge) * smoothstep(0.6, 0.3, n.y);
        let mut colour = self.colour * (cloud * thick);
        let worn = smoothstep(self.rim - 0.030, self.rim + 0.004, p.y + 0.012 * fbm(p * 9.0));
        colour = colour.lerp(self.clay, 0.55 * worn);
        colour = colour.lerp(IRON, specks.min(0.85));
        Surface::new(colour, 0.20 + 0.10 * fbm(p * 4.0), 0.042)
    }

    fn relief(&self, p: V3, n: V3) -> f32 {
        let lip = 0.004 * smoothstep(-0.006, 0.006, p.y - self.line(p));
        let lip = if n.y < 0.45 { lip } else { 0.004 };
        let rings = (p.y * 70.0 + 2.0 * fbm(p * 1.5)).sin() * 0.00035 * (1.0 - n.y.abs());
        lip + rings + 0.006 * fbm(p * 3.5)
    }

    fn raised(&self) -> bool {
        true
    }
}

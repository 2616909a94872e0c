//! What surfaces are made of.

mod ceramic;
mod cloth;
mod plain;
mod wood;

pub use ceramic::Glaze;
pub use cloth::{Cloth, Weave};
pub use plain::{Brass, Bristle, Glass, Label, PageEdges, Plain, Slate, Soap, Wicker};
pub use wood::{Grain, Species, Wood};

use crate::vector::V3;

/// How a point of a surface answers light.
#[derive(Clone, Copy)]
pub struct Surface {
    pub colour: V3,
    /// 0 is a mirror, 1 is chalk.
    pub rough: f32,
    /// The share mirrored when looked at straight.
    pub shine: f32,
    /// Metals mirror everything, in their colour.
    pub metal: bool,
}

impl Surface {
    pub fn new(colour: V3, rough: f32, shine: f32) -> Surface {
        Surface { colour, rough, shine, metal: false }
    }
}

/// A material, asked in the coordinates of the part it covers.
pub trait Paint: Send + Sync {
    /// The surface at `p`, where the shape faces `n`.
    fn surface(&self, p: V3, n: V3) -> Surface;

    /// Height of the fine relief at `p`; light sees its slopes.
    fn relief(&self, _p: V3, _n: V3) -> f32 {
        0.0
    }

    /// Whether [`Paint::relief`] is anything but flat.
    fn raised(&self) -> bool {
        false
    }
}

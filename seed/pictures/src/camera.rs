//! The camera, and how it frames an object by itself.

use crate::vector::{V3, v3};

/// From the camera to the middle of the floor: far, as with a long lens, for little distortion.
const DISTANCE: f32 = 9.0;

/// A camera looking at the floor's middle, its picture shifted and scaled to centre the object.
pub struct Camera {
    pub eye: V3,
    forward: V3,
    right: V3,
    up: V3,
    shift: (f32, f32),
    half: f32,
}

impl Camera {
    /// Looks down by `pitch` (radians) and frames `points` so that the longer side of their
    /// extent fills the share `fill` of the picture.
    pub fn framing(points: &[V3], pitch: f32, fill: f32) -> Camera {
        let eye = v3(0.0, pitch.sin(), pitch.cos()) * DISTANCE;
        let forward = -eye.norm();
        let right = forward.cross(V3::UP).norm();
        let up = right.cross(forward);
        let mut camera = Camera { eye, forward, right, up, shift: (0.0, 0.0), half: 1.0 };
        let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
        for point in points {
            let (x, y) = camera.plane(*point);
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        camera.shift = ((low.0 + high.0) * 0.5, (low.1 + high.1) * 0.5);
        camera.half = (high.0 - low.0).max(high.1 - low.1) * 0.5 / fill;
        camera
    }

    fn plane(&self, p: V3) -> (f32, f32) {
        let q = p - self.eye;
        let z = q.dot(self.forward);
        (q.dot(self.right) / z, q.dot(self.up) / z)
    }

    /// The direction through the picture at `u`, `v`, both -1..1 (right and up).
    pub fn ray(&self, u: f32, v: f32) -> V3 {
        let x = self.shift.0 + u * self.half;
        let y = self.shift.1 + v * self.half;
        (self.forward + self.right * x + self.up * y).norm()
    }
}

//! The camera, and how it frames objects by itself.

use crate::vector::{V3, v3};

/// A picture's size in pixels.
#[derive(Clone, Copy)]
pub struct Frame {
    pub width: usize,
    pub height: usize,
}

impl Frame {
    pub fn pixels(self) -> usize {
        self.width * self.height
    }

    pub fn column_row(self, i: usize) -> (usize, usize) {
        (i % self.width, i / self.width)
    }

    /// The pixel `dx`, `dy` away from pixel `i`, if the picture reaches that far.
    pub fn neighbour(self, i: usize, dx: isize, dy: isize) -> Option<usize> {
        let (x, y) = self.column_row(i);
        let (x, y) = (x.checked_add_signed(dx)?, y.checked_add_signed(dy)?);
        (x < self.width && y < self.height).then(|| y * self.width + x)
    }
}

/// How a picture is taken.
#[derive(Clone, Copy)]
pub struct Shot {
    /// Looking down, in radians.
    pub pitch: f32,
    /// The share of the frame that the things fill, on the side where they are tightest.
    pub fill: f32,
    /// What is in the middle of the picture: right of and above the things' own middle, in
    /// halves of the picture's height.
    pub aim: (f32, f32),
    /// From the camera to the middle of the floor: far, as with a long lens, for little
    /// distortion.
    pub distance: f32,
}

/// A camera looking at the floor's middle, its picture shifted and scaled to what it shows.
pub struct Camera {
    pub eye: V3,
    forward: V3,
    right: V3,
    up: V3,
    shift: (f32, f32),
    /// Half the picture's height.
    half: f32,
}

impl Camera {
    /// Frames `points`.
    pub fn framing(points: &[V3], shot: Shot, frame: Frame) -> Camera {
        let eye = v3(0.0, shot.pitch.sin(), shot.pitch.cos()) * shot.distance;
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
        let aspect = frame.width as f32 / frame.height as f32;
        let extent = ((high.0 - low.0) / aspect).max(high.1 - low.1);
        camera.half = extent * 0.5 / shot.fill;
        camera.shift = (
            (low.0 + high.0) * 0.5 + shot.aim.0 * camera.half,
            (low.1 + high.1) * 0.5 + shot.aim.1 * camera.half,
        );
        camera
    }

    fn plane(&self, p: V3) -> (f32, f32) {
        let q = p - self.eye;
        let z = q.dot(self.forward);
        (q.dot(self.right) / z, q.dot(self.up) / z)
    }

    /// The direction through the picture at `x` pixels from its left and `y` from its top.
    pub fn ray(&self, frame: Frame, x: f32, y: f32) -> V3 {
        let pixel = self.half * 2.0 / frame.height as f32;
        let x = self.shift.0 + (x - frame.width as f32 * 0.5) * pixel;
        let y = self.shift.1 + (frame.height as f32 * 0.5 - y) * pixel;
        (self.forward + self.right * x + self.up * y).norm()
    }
}

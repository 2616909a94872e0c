//! The shadow on the floor.
//!
//! Light on the floor changes no faster than things are near, so it is worked out on a coarse
//! grid of the picture and smoothed the more, the farther away the object is.

use rayon::prelude::*;

use crate::camera::Camera;
use crate::noise::Rng;
use crate::sdf::smoothstep;
use crate::trace::Tracer;
use crate::vector::V3;

/// Pixels to a cell of the grid, along each side.
const COARSE: usize = 3;

/// How brightly the floor is lit, over the picture.
pub struct Ground {
    side: usize,
    light: Vec<f32>,
}

/// One cell: its light, and how many cells wide the light around it is even.
#[derive(Clone, Copy)]
struct Cell {
    light: f32,
    samples: f32,
    even: f32,
}

impl Ground {
    /// Works out the floor's light for a picture of `size` pixels a side; `effort` is the number
    /// of samples along each side of a pixel.
    pub fn light(tracer: &Tracer, camera: &Camera, size: usize, effort: usize) -> Ground {
        let side = size.div_ceil(COARSE) + 1;
        let mut cells: Vec<Cell> = (0..side * side)
            .into_par_iter()
            .map(|i| {
                let place = |c: usize| (c * COARSE) as f32 / size as f32 * 2.0 - 1.0;
                let (u, v) = (place(i % side), -place(i / side));
                let across = 2.0 * COARSE as f32 / size as f32;
                cell(tracer, camera, (u, v, across), effort * effort, i as u64)
            })
            .collect();
        for round in 0..6 {
            cells = blur(&cells, side, 1 << round);
        }
        Ground { side, light: cells.iter().map(|c| c.light).collect() }
    }

    /// The light at a pixel.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        let place = |c: usize| (c as f32 + 0.5) / COARSE as f32;
        let (x, y) = (place(x), place(y));
        let (i, j) = ((x as usize).min(self.side - 2), (y as usize).min(self.side - 2));
        let (u, v) = (x - i as f32, y - j as f32);
        let row = |j: usize| {
            let k = j * self.side + i;
            self.light[k] * (1.0 - u) + self.light[k + 1] * u
        };
        row(j) * (1.0 - v) + row(j + 1) * v
    }
}

fn cell(
    tracer: &Tracer,
    camera: &Camera,
    (u, v, across): (f32, f32, f32),
    effort: usize,
    seed: u64,
) -> Cell {
    let mut rng = Rng(seed * 6151 + 77);
    let point = |u: f32, v: f32| {
        let ray = camera.ray(u, v);
        let far = Tracer::floor(camera.eye, ray);
        (far < 60.0).then(|| camera.eye + ray * far)
    };
    let (Some(here), Some(next)) = (point(u, v), point(u + across, v)) else {
        return Cell { light: 1.0, samples: 4.0, even: 1.0 };
    };
    let away = tracer.field.clearance(here);
    // Far off, the object's shadow is nothing and a cell is too wide to be sampled well.
    let near = smoothstep(9.0, 3.0, away);
    let width = (next - here).len();
    let samples = match away {
        a if a > 1.0 => effort / 4 + 1,
        a if a > 0.4 => effort / 2 + 1,
        _ => effort * 2,
    };
    let mut sum = 0.0;
    for _ in 0..samples {
        let (u, v) = (u + (rng.unit() - 0.5) * across, v + (rng.unit() - 0.5) * across);
        let at = point(u, v).unwrap_or(here);
        sum += tracer.floor_light(V3 { y: 0.0, ..at }, &mut rng);
    }
    Cell {
        light: 1.0 + (sum / samples as f32 - 1.0) * near,
        samples: samples as f32,
        even: away * 0.22 / width + 1.6,
    }
}

/// One round of smoothing with neighbours `step` cells apart, where the light is that even.
fn blur(cells: &[Cell], side: usize, step: usize) -> Vec<Cell> {
    const KERNEL: [f32; 3] = [0.375, 0.25, 0.0625];
    let smooth = |i: usize| {
        let here = cells[i];
        let strength = ((here.even - step as f32) / step as f32 + 0.5).clamp(0.0, 1.0);
        if strength == 0.0 {
            return here;
        }
        let (x, y) = ((i % side) as isize, (i / side) as isize);
        let (mut sum, mut total) = (0.0, 0.0);
        for k in 0..25isize {
            let (dx, dy) = (k % 5 - 2, k / 5 - 2);
            let clamp = |c: isize| c.clamp(0, side as isize - 1) as usize;
            let (nx, ny) = (clamp(x + dx * step as isize), clamp(y + dy * step as isize));
            let there = cells[ny * side + nx];
            let near = (there.even / here.even).min(1.0);
            let w = KERNEL[dx.unsigned_abs()] * KERNEL[dy.unsigned_abs()] * there.samples * near;
            sum += there.light * w;
            total += w;
        }
        let light = here.light + (sum / total - here.light) * strength;
        Cell { light, ..here }
    };
    (0..cells.len()).into_par_iter().map(smooth).collect()
}

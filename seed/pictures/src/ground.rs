//! The shadow on the floor.
//!
//! Light on the floor changes no faster than things are near, so it is worked out on a coarse
//! grid of the picture and smoothed the more, the farther away the object is.

use rayon::prelude::*;

use crate::camera::{Camera, Frame};
use crate::noise::Rng;
use crate::sdf::smoothstep;
use crate::trace::Tracer;
use crate::vector::V3;

/// Cells of the grid along a picture's longer side.
const CELLS: usize = 400;

/// How brightly the floor is lit, over the picture.
pub struct Ground {
    grid: Frame,
    /// Pixels to a cell, along each side.
    coarse: usize,
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
    /// Works out the floor's light over `frame`; `effort` is the number of samples along each
    /// side of a pixel.
    pub fn light(tracer: &Tracer, camera: &Camera, frame: Frame, effort: usize) -> Ground {
        let coarse = (frame.width.max(frame.height) / CELLS).max(1);
        let cells = |pixels: usize| pixels.div_ceil(coarse) + 1;
        let grid = Frame { width: cells(frame.width), height: cells(frame.height) };
        let mut cells: Vec<Cell> = (0..grid.pixels())
            .into_par_iter()
            .map(|i| {
                let (x, y) = grid.column_row(i);
                let (corner, size) = (((x * coarse) as f32, (y * coarse) as f32), coarse as f32);
                cell(tracer, camera, frame, (corner, size), (effort * effort, i as u64))
            })
            .collect();
        for round in 0..6 {
            cells = blur(&cells, grid, 1 << round);
        }
        Ground { grid, coarse, light: cells.iter().map(|c| c.light).collect() }
    }

    /// The light at a pixel.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        let place = |c: usize| (c as f32 + 0.5) / self.coarse as f32;
        let (x, y) = (place(x), place(y));
        let i = (x as usize).min(self.grid.width - 2);
        let j = (y as usize).min(self.grid.height - 2);
        let (u, v) = (x - i as f32, y - j as f32);
        let row = |j: usize| {
            let k = j * self.grid.width + i;
            self.light[k] * (1.0 - u) + self.light[k + 1] * u
        };
        row(j) * (1.0 - v) + row(j + 1) * v
    }
}

fn cell(
    tracer: &Tracer,
    camera: &Camera,
    frame: Frame,
    ((x, y), size): ((f32, f32), f32),
    (effort, seed): (usize, u64),
) -> Cell {
    let point = |x: f32, y: f32| {
        let ray = camera.ray(frame, x, y);
        let far = Tracer::floor(camera.eye, ray);
        (far < 60.0).then(|| camera.eye + ray * far)
    };
    let (Some(here), Some(next)) = (point(x, y), point(x + size, y)) else {
        return Cell { light: 1.0, samples: 4.0, even: 1.0 };
    };
    let away = tracer.field.clearance(here);
    // Far off, the object's shadow is nothing and a cell is too wide to be sampled well.
    let near = smoothstep(9.0, 3.0, away);
    let width = (next - here).len();
    let samples = match away {
        a if a > 1.0 => effort / 2 + 1,
        a if a > 0.4 => effort,
        _ => effort * 4,
    };
    let mut sum = 0.0;
    for k in 0..samples {
        let mut rng = Rng::sample(seed * 6151 + 77, k as u32);
        let mut jitter = || (rng.unit() - 0.5) * size;
        let at = point(x + jitter(), y + jitter()).unwrap_or(here);
        sum += tracer.floor_light(V3 { y: 0.0, ..at }, &mut rng);
    }
    Cell {
        light: 1.0 + (sum / samples as f32 - 1.0) * near,
        samples: samples as f32,
        even: away * 0.30 / width + 1.6,
    }
}

/// One round of smoothing with neighbours `step` cells apart, where the light is that even.
fn blur(cells: &[Cell], grid: Frame, step: usize) -> Vec<Cell> {
    const KERNEL: [f32; 3] = [0.375, 0.25, 0.0625];
    let smooth = |i: usize| {
        let here = cells[i];
        let strength = ((here.even - step as f32) / step as f32 + 0.5).clamp(0.0, 1.0);
        if strength == 0.0 {
            return here;
        }
        let (x, y) = grid.column_row(i);
        let (mut sum, mut total) = (0.0, 0.0);
        for k in 0..25isize {
            let (dx, dy) = (k % 5 - 2, k / 5 - 2);
            let clamp = |from: usize, by: isize, count: usize| {
                (from as isize + by * step as isize).clamp(0, count as isize - 1) as usize
            };
            let (nx, ny) = (clamp(x, dx, grid.width), clamp(y, dy, grid.height));
            let there = cells[ny * grid.width + nx];
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

//! An edge-keeping blur (the a-trous wavelet transform) that takes the grain out of a layer.

use rayon::prelude::*;

use crate::camera::Frame;
use crate::vector::V3;

/// One kind of light over the whole picture.
pub struct Layer {
    pub frame: Frame,
    pub values: Vec<V3>,
    /// Estimated variance of each pixel's brightness.
    pub variance: Vec<f32>,
    /// How many samples stand behind each pixel; pixels with none take no part.
    pub weight: Vec<f32>,
}

/// What tells one surface from another.
#[derive(Clone, Copy)]
pub struct Guide {
    pub normal: V3,
    pub depth: f32,
}

const KERNEL: [f32; 3] = [0.375, 0.25, 0.0625];

/// Smooths `layer` in `rounds` of growing reach. Differences beyond `tolerance` standard
/// deviations count as detail and stay.
pub fn smooth(layer: Layer, guides: &[Guide], rounds: u32, tolerance: f32) -> Vec<V3> {
    let mut layer = layer;
    layer.variance = blur_variance(&layer);
    for round in 0..rounds {
        let step = 1isize << round;
        let pairs: Vec<(V3, f32)> = (0..layer.values.len())
            .into_par_iter()
            .map(|i| filter(&layer, guides, i, step, tolerance))
            .collect();
        layer.values = pairs.iter().map(|p| p.0).collect();
        layer.variance = pairs.iter().map(|p| p.1).collect();
    }
    layer.values
}

/// A single pixel's variance is itself noisy; its surroundings know better.
fn blur_variance(layer: &Layer) -> Vec<f32> {
    let average = |i: usize| {
        if layer.weight[i] == 0.0 {
            return 0.0;
        }
        let (mut sum, mut total) = (0.0, 0.0);
        for k in 0..49 {
            if let Some(j) = layer.frame.neighbour(i, k % 7 - 3, k / 7 - 3) {
                let w = layer.weight[j].min(1.0);
                sum += layer.variance[j] * w;
                total += w;
            }
        }
        sum / total.max(1.0)
    };
    (0..layer.values.len()).into_par_iter().map(average).collect()
}

fn filter(layer: &Layer, guides: &[Guide], i: usize, step: isize, tolerance: f32) -> (V3, f32) {
    let here = layer.values[i];
    if layer.weight[i] == 0.0 {
        return (here, 0.0);
    }
    let spread = 1.0 / (tolerance * layer.variance[i].sqrt() + 1e-4);
    let luma = here.luma();
    let (mut sum, mut variance, mut total) = (V3::ZERO, 0.0, 0.0);
    for k in 0..25isize {
        let (dx, dy) = (k % 5 - 2, k / 5 - 2);
        let Some(j) = layer.frame.neighbour(i, dx * step, dy * step) else { continue };
        if layer.weight[j] == 0.0 {
            continue;
        }
        let mut w = KERNEL[dx.unsigned_abs()] * KERNEL[dy.unsigned_abs()] * layer.weight[j];
        if j != i {
            w *= (-(layer.values[j].luma() - luma).abs() * spread).exp();
            let (a, b) = (guides[i], guides[j]);
            let facing = a.normal.dot(b.normal).max(0.0);
            let apart = (a.depth - b.depth).abs() / (0.012 * step as f32 + 0.004);
            w *= facing.powi(32) * (-apart).exp();
        }
        sum += layer.values[j] * w;
        variance += layer.variance[j] * w * w;
        total += w;
    }
    (sum / total, variance / (total * total))
}

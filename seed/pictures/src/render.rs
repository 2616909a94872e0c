//! One picture, from an object to 8-bit pixels.

use rayon::prelude::*;

use crate::camera::Camera;
use crate::denoise::{Guide, Layer, neighbour, smooth};
use crate::field::Field;
use crate::ground::Ground;
use crate::light::Studio;
use crate::noise::Rng;
use crate::objects::Object;
use crate::trace::{Seen, Thing, Tracer};
use crate::vector::{V3, srgb};

/// How bright the object is against the backdrop.
const EXPOSURE: f32 = 1.02;

/// Size and effort of a picture.
pub struct Settings {
    pub size: usize,
    /// Samples along each side of a pixel.
    pub side: usize,
}

/// Sums over one pixel's samples.
#[derive(Clone, Copy, Default)]
struct Pixel {
    things: f32,
    floors: f32,
    albedo: V3,
    matt: V3,
    gloss: V3,
    normal: V3,
    depth: f32,
    squares: [f32; 2],
}

impl Pixel {
    fn add(&mut self, seen: Seen) {
        match seen {
            Seen::Floor => self.floors += 1.0,
            Seen::Thing(Thing { albedo, matt, gloss, normal, depth }) => {
                self.things += 1.0;
                self.albedo += albedo;
                self.matt += matt;
                self.gloss += gloss;
                self.normal += normal;
                self.depth += depth;
                self.squares[0] += matt.luma() * matt.luma();
                self.squares[1] += gloss.luma() * gloss.luma();
            }
        }
    }
}

/// Renders `object` before `backdrop`; rows of RGB bytes.
pub fn render(object: &Object, studio: &Studio, backdrop: V3, settings: &Settings) -> Vec<u8> {
    let field = Field::new(object);
    let camera = Camera::framing(&field.outline(), object.view.pitch, object.view.fill);
    let tracer = Tracer { field: &field, studio, backdrop };
    let pixels = sample(&tracer, &camera, settings);
    let ground = Ground::light(&tracer, &camera, settings.size, settings.side);
    develop(&pixels, settings.size, backdrop, &ground)
}

fn sample(tracer: &Tracer, camera: &Camera, settings: &Settings) -> Vec<Pixel> {
    let (size, side) = (settings.size, settings.side);
    let mask = silhouette(tracer, camera, size);
    let mut pixels = vec![Pixel::default(); size * size];
    pixels.par_chunks_mut(size).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            if !mask[y * size + x] {
                pixel.add(Seen::Floor);
                continue;
            }
            let mut rng = Rng((y * size + x) as u64 * 7919 + 13);
            for cell in 0..side * side {
                let place = |pixel: usize, cell: usize, jitter: f32| {
                    (pixel as f32 + (cell as f32 + jitter) / side as f32) / size as f32
                };
                let u = place(x, cell % side, rng.unit()) * 2.0 - 1.0;
                let v = 1.0 - place(y, cell / side, rng.unit()) * 2.0;
                pixel.add(tracer.look(camera.eye, camera.ray(u, v), &mut rng));
            }
        }
    });
    pixels
}

/// The pixels that can show some of the object: those where it is in the middle of the pixel
/// or of one nearby.
fn silhouette(tracer: &Tracer, camera: &Camera, size: usize) -> Vec<bool> {
    let place = |c: usize| (c as f32 + 0.5) / size as f32 * 2.0 - 1.0;
    let middle: Vec<bool> = (0..size * size)
        .into_par_iter()
        .map(|i| {
            let ray = camera.ray(place(i % size), -place(i / size));
            tracer.field.hit(camera.eye, ray).is_some()
        })
        .collect();
    let near = |i: usize| {
        (0..9isize).any(|k| neighbour(size, i, k % 3 - 1, k / 3 - 1).is_some_and(|j| middle[j]))
    };
    (0..size * size).map(near).collect()
}

/// Denoises the layers and puts them together.
fn develop(pixels: &[Pixel], size: usize, backdrop: V3, ground: &Ground) -> Vec<u8> {
    let mean = |sum: V3, count: f32| sum / count.max(1.0);
    let layer = |value: fn(&Pixel) -> V3, which: usize| {
        let values: Vec<V3> = pixels.iter().map(|p| mean(value(p), p.things)).collect();
        let spread = |(p, v): (&Pixel, &V3)| {
            let n = p.things.max(1.0);
            ((p.squares[which] / n - v.luma() * v.luma()).max(0.0) / n).max(1e-6)
        };
        let variance = pixels.iter().zip(&values).map(spread).collect();
        let weight = pixels.iter().map(|p| p.things).collect();
        Layer { size, values, variance, weight }
    };
    let guides: Vec<Guide> = pixels
        .iter()
        .map(|p| Guide { normal: p.normal.norm(), depth: p.depth / p.things.max(1.0) })
        .collect();
    let matt = smooth(layer(|p| p.matt, 0), &guides, 5, 3.0);
    let gloss = smooth(layer(|p| p.gloss, 1), &guides, 5, 3.0);
    let mut out = vec![0u8; size * size * 3];
    out.par_chunks_mut(3).enumerate().for_each(|(i, rgb)| {
        let p = &pixels[i];
        let cover = p.things / (p.things + p.floors).max(1.0);
        let thing = mean(p.albedo, p.things) * matt[i] + gloss[i];
        let floor = backdrop * open_floor(ground.at(i % size, i / size), i % size, i / size, size);
        let colour = tone(thing * EXPOSURE) * cover + floor * (1.0 - cover);
        let mut rng = Rng(i as u64 * 31 + 7);
        let dither = 0.25 + 0.5 * rng.unit();
        rgb.copy_from_slice(&[
            srgb(colour.x, dither),
            srgb(colour.y, dither),
            srgb(colour.z, dither),
        ]);
    });
    out
}

/// The floor's light, led to exactly one at the picture's border so that it melts into a page.
fn open_floor(light: f32, x: usize, y: usize, size: usize) -> f32 {
    let away = |c: usize| (c as f32 + 0.5) / size as f32;
    let border = away(x).min(1.0 - away(x)).min(away(y)).min(1.0 - away(y));
    let inside = crate::sdf::smoothstep(0.0, 0.12, border);
    1.0 + (light.min(1.0) - 1.0) * inside
}

/// Keeps colours as they are up to a bright tone and rolls highlights off above it.
fn tone(colour: V3) -> V3 {
    let knee = 0.72;
    colour.map(|c| {
        if c < knee {
            c
        } else {
            let over = (c - knee) / (1.0 - knee);
            knee + (1.0 - knee) * (over / (1.0 + over.powf(1.6)).powf(1.0 / 1.6))
        }
    })
}

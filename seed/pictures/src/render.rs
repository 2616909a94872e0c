//! One picture, from its objects to 8-bit pixels.

use rayon::prelude::*;

use crate::camera::{Camera, Frame, Shot};
use crate::denoise::{Guide, Layer, smooth};
use crate::field::Field;
use crate::ground::Ground;
use crate::light::Studio;
use crate::noise::Rng;
use crate::objects::Group;
use crate::sdf::smoothstep;
use crate::trace::{Seen, Thing, Tracer};
use crate::vector::{V3, srgb};

/// How many times as many samples a noisy pixel may take.
const ROUNDS: usize = 4;
/// A pixel is noisy when its brightness is less sure than this share of it and a little more.
const UNSURE: f32 = 0.2;
/// How bright the object is against the backdrop.
const EXPOSURE: f32 = 1.02;

/// What a picture shows, and from where.
pub struct Scene {
    pub group: Group,
    pub shot: Shot,
    pub frame: Frame,
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

    /// The variance of the mean of one kind of light: 0 is matt, 1 is gloss.
    fn variance(&self, which: usize) -> f32 {
        let n = self.things.max(1.0);
        let mean = [self.matt, self.gloss][which].luma() / n;
        (self.squares[which] / n - mean * mean).max(0.0) / n
    }

    /// Whether more samples would do the pixel good: it lies on an edge or its light varies.
    fn noisy(&self) -> bool {
        let n = self.things.max(1.0);
        let albedo = self.albedo.luma() / n;
        let bright = (self.matt.luma() * albedo + self.gloss.luma()) / n;
        let doubt = self.variance(0) * albedo * albedo + self.variance(1);
        let edge = self.things > 0.0 && self.floors > 0.0;
        edge || doubt > (UNSURE * (bright + 0.15)).powi(2)
    }
}

/// Renders `scene` before `backdrop` with `side` samples along each side of a pixel; rows of RGB
/// bytes.
pub fn render(scene: &Scene, studio: &Studio, backdrop: V3, side: usize) -> Vec<u8> {
    let (field, frame) = (Field::new(&scene.group), scene.frame);
    let camera = Camera::framing(&field.outline(), scene.shot, frame);
    let tracer = Tracer { field: &field, studio, backdrop };
    let pixels = sample(&tracer, &camera, frame, side);
    let ground = Ground::light(&tracer, &camera, frame, side);
    develop(&pixels, frame, backdrop, &ground)
}

fn sample(tracer: &Tracer, camera: &Camera, frame: Frame, side: usize) -> Vec<Pixel> {
    let mask = silhouette(tracer, camera, frame);
    let mut pixels = vec![Pixel::default(); frame.pixels()];
    pixels.par_iter_mut().enumerate().for_each(|(i, pixel)| {
        if !mask[i] {
            pixel.add(Seen::Floor);
            return;
        }
        let (x, y) = frame.column_row(i);
        let seed = i as u64 * 7919 + 13;
        let mut within = Rng::new(seed ^ 0x5EED);
        for k in 0..side * side * ROUNDS {
            let cell = k % (side * side);
            if cell == 0 && k > 0 && !pixel.noisy() {
                break;
            }
            let mut place = |pixel: usize, cell: usize| {
                pixel as f32 + (cell as f32 + within.unit()) / side as f32
            };
            let (x, y) = (place(x, cell % side), place(y, cell / side));
            let mut rng = Rng::sample(seed, k as u32);
            pixel.add(tracer.look(camera.eye, camera.ray(frame, x, y), &mut rng));
        }
    });
    pixels
}

/// The pixels that can show something: those where it is in the middle of the pixel or of one
/// nearby.
fn silhouette(tracer: &Tracer, camera: &Camera, frame: Frame) -> Vec<bool> {
    let middle: Vec<bool> = (0..frame.pixels())
        .into_par_iter()
        .map(|i| {
            let (x, y) = frame.column_row(i);
            let ray = camera.ray(frame, x as f32 + 0.5, y as f32 + 0.5);
            tracer.field.hit(camera.eye, ray).is_some()
        })
        .collect();
    let near = |i: usize| {
        (0..9isize).any(|k| frame.neighbour(i, k % 3 - 1, k / 3 - 1).is_some_and(|j| middle[j]))
    };
    (0..frame.pixels()).map(near).collect()
}

/// Denoises the layers and puts them together.
fn develop(pixels: &[Pixel], frame: Frame, backdrop: V3, ground: &Ground) -> Vec<u8> {
    let mean = |sum: V3, count: f32| sum / count.max(1.0);
    let layer = |value: fn(&Pixel) -> V3, which: usize| {
        let values: Vec<V3> = pixels.iter().map(|p| mean(value(p), p.things)).collect();
        let variance = pixels.iter().map(|p| p.variance(which).max(1e-6)).collect();
        let weight = pixels.iter().map(|p| p.things).collect();
        Layer { frame, values, variance, weight }
    };
    let guides: Vec<Guide> = pixels
        .iter()
        .map(|p| Guide { normal: p.normal.norm(), depth: p.depth / p.things.max(1.0) })
        .collect();
    let rounds = if frame.pixels() > 1_000_000 { 6 } else { 5 };
    let matt = smooth(layer(|p| p.matt, 0), &guides, rounds, 3.0);
    let gloss = smooth(layer(|p| p.gloss, 1), &guides, rounds, 3.0);
    let mut out = vec![0u8; frame.pixels() * 3];
    out.par_chunks_mut(3).enumerate().for_each(|(i, rgb)| {
        let p = &pixels[i];
        let cover = p.things / (p.things + p.floors).max(1.0);
        let thing = mean(p.albedo, p.things) * matt[i] + gloss[i];
        let (x, y) = frame.column_row(i);
        let floor = backdrop * open_floor(ground.at(x, y), frame, x, y);
        let colour = tone(thing * EXPOSURE) * cover + floor * (1.0 - cover);
        let mut rng = Rng::new(i as u64 * 31 + 7);
        let dither = 0.25 + 0.5 * rng.unit();
        rgb.copy_from_slice(&[
            srgb(colour.x, dither),
            srgb(colour.y, dither),
            srgb(colour.z, dither),
        ]);
    });
    out
}

/// The floor's light, led to exactly one at the picture's border so that it melts into a page;
/// the faint far end of a shadow is taken off, for it would show where it stops.
fn open_floor(light: f32, frame: Frame, x: usize, y: usize) -> f32 {
    let shade = (1.0 - light.min(1.0)).max(0.0);
    let shade = shade * smoothstep(0.0, 0.07, shade);
    let short = frame.width.min(frame.height) as f32;
    let inside = |c: usize, count: usize| {
        let away = (c as f32 + 0.5).min((count - c) as f32 - 0.5) / short;
        smoothstep(0.01, 0.16, away)
    };
    1.0 - shade * inside(x, frame.width) * inside(y, frame.height)
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

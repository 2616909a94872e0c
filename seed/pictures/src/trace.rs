//! Following light from the camera back to the lamps.

use crate::field::Field;
use crate::light::{Studio, facet};
use crate::materials::Surface;
use crate::noise::Rng;
use crate::vector::V3;

/// Refractive index of the glass.
const GLASS: f32 = 1.5;
/// The brightest a single sample may be; brighter ones are stray fireflies.
const BRIGHTEST: f32 = 8.0;

/// What one camera ray saw. Light is relative to the open floor.
pub enum Seen {
    /// The backdrop.
    Floor,
    Thing(Thing),
}

/// A sample of the object, taken apart for the denoiser.
pub struct Thing {
    /// The surface's own colour.
    pub albedo: V3,
    /// Light scattered by it, without its colour.
    pub matt: V3,
    /// Light mirrored by it.
    pub gloss: V3,
    pub normal: V3,
    pub depth: f32,
}

/// A point of the object under a ray.
struct Spot {
    at: V3,
    /// Facing the ray, with the material's relief.
    normal: V3,
    /// The bare shape's normal, pointing out of the solid.
    shape: V3,
    surface: Surface,
    glass: bool,
}

/// Everything a ray can meet.
pub struct Tracer<'a> {
    pub field: &'a Field<'a>,
    pub studio: &'a Studio,
    pub backdrop: V3,
}

/// The share of light mirrored at a surface.
fn fresnel(surface: &Surface, facing: f32) -> f32 {
    let edge = (1.0 - facing).powi(5) * (1.0 - surface.rough * 0.8);
    surface.shine + (1.0 - surface.shine) * edge
}

fn reflect(d: V3, n: V3) -> V3 {
    (d - n * (2.0 * d.dot(n))).norm()
}

impl Tracer<'_> {
    /// How far away the floor is along the ray.
    pub fn floor(from: V3, d: V3) -> f32 {
        if d.y < -1e-4 { -from.y / d.y } else { 1e9 }
    }

    fn spot(&self, from: V3, d: V3, fine: bool) -> Option<(f32, Spot)> {
        let t = self.field.hit(from, d).filter(|t| *t < Self::floor(from, d))?;
        let at = from + d * t;
        let group = self.field.group;
        let part = group.nearest(at);
        let shape = group.normal(part, at);
        let glass = group.is_glass(part);
        let (surface, raised) = group.surface(part, at, shape, fine);
        let normal = if raised.dot(d) < -0.02 { raised } else { shape };
        Some((t, Spot { at, normal, shape, surface, glass }))
    }

    /// Bends or mirrors a ray at glass. Returns the tint it takes on, and whether it was mirrored.
    fn through(&self, spot: &Spot, from: &mut V3, d: &mut V3, rng: &mut Rng) -> (V3, bool) {
        let outward = spot.shape.dot(*d);
        let (n, ratio) =
            if outward < 0.0 { (spot.shape, 1.0 / GLASS) } else { (-spot.shape, GLASS) };
        let c = -n.dot(*d);
        let k = 1.0 - ratio * ratio * (1.0 - c * c);
        let cosine = if outward < 0.0 { c } else { k.max(0.0).sqrt() };
        let mirrored = 0.04 + 0.96 * (1.0 - cosine).powi(5);
        if k <= 0.0 || rng.unit() < mirrored {
            *d = reflect(*d, n);
            *from = spot.at + n * 0.003;
            return (V3::ONE, true);
        }
        *d = (*d * ratio + n * (ratio * c - k.sqrt())).norm();
        *from = spot.at - n * 0.003;
        let tint = if outward < 0.0 { spot.surface.colour } else { V3::ONE };
        (tint, false)
    }

    /// Light arriving at `from` out of direction `d`.
    fn light(&self, mut from: V3, mut d: V3, rng: &mut Rng, mut depth: u32) -> V3 {
        let mut carried = V3::ONE;
        let mut panes = 0;
        loop {
            if let Some((_, spot)) = self.spot(from, d, false) {
                if spot.glass {
                    panes += 1;
                    if panes > 10 {
                        return carried * (self.studio.floor * 0.3);
                    }
                    let (tint, _) = self.through(&spot, &mut from, &mut d, rng);
                    carried = carried * tint;
                    continue;
                }
                if depth >= 3 {
                    return carried * spot.surface.colour * (self.studio.floor * 0.25);
                }
                match self.bounce(&spot, d, rng) {
                    Some((next, weight)) => {
                        carried = carried * weight;
                        d = next;
                        from = spot.at + spot.shape * 0.003;
                    }
                    None => return V3::ZERO,
                }
            } else {
                let far = Self::floor(from, d);
                if far > 1e8 {
                    return carried * self.studio.sky(d);
                }
                if depth >= 2 {
                    return carried * self.backdrop * (self.studio.floor * 0.7);
                }
                let (next, weight) = self.studio.scatter(V3::UP, rng);
                carried = carried * self.backdrop * weight;
                from = from + d * far + V3::UP * 0.002;
                d = next;
            }
            depth += 1;
        }
    }

    /// Where light goes at an opaque surface, and what is left of it.
    fn bounce(&self, spot: &Spot, d: V3, rng: &mut Rng) -> Option<(V3, V3)> {
        let n = spot.normal;
        let surface = &spot.surface;
        let facing = (-d.dot(n)).clamp(0.0, 1.0);
        if surface.metal || rng.unit() < fresnel(surface, facing) {
            let next = reflect(d, facet(n, surface.rough, rng));
            let tint = if surface.metal { surface.colour } else { V3::ONE };
            return (next.dot(spot.shape) > 0.0).then_some((next, tint));
        }
        let (next, weight) = self.studio.scatter(n, rng);
        (weight > 0.0 && next.dot(spot.shape) > 0.0).then(|| (next, surface.colour * weight))
    }

    /// Follows one camera ray.
    pub fn look(&self, eye: V3, ray: V3, rng: &mut Rng) -> Seen {
        let (mut from, mut d) = (eye, ray);
        let mut tint = V3::ONE;
        let mut first: Option<(V3, f32)> = None;
        let scale = 1.0 / self.studio.floor;
        for _ in 0..10 {
            let Some((t, spot)) = self.spot(from, d, true) else { break };
            let facing = if spot.shape.dot(d) < 0.0 { spot.shape } else { -spot.shape };
            if spot.glass {
                let (normal, depth) = *first.get_or_insert((facing, t));
                let (dye, mirrored) = self.through(&spot, &mut from, &mut d, rng);
                tint = tint * dye;
                if mirrored {
                    let gloss = (self.light(from, d, rng, 1) * tint * scale).min_each(BRIGHTEST);
                    return Seen::Thing(Thing {
                        albedo: V3::ZERO,
                        matt: V3::ZERO,
                        gloss,
                        normal,
                        depth,
                    });
                }
                continue;
            }
            let (normal, depth) = first.unwrap_or((spot.normal, t));
            let (matt, gloss) = self.shade(&spot, d, rng);
            return Seen::Thing(Thing {
                albedo: spot.surface.colour * tint,
                matt: (matt * scale).min_each(BRIGHTEST),
                gloss: (gloss * tint * scale).min_each(BRIGHTEST),
                normal,
                depth,
            });
        }
        let Some((normal, depth)) = first else { return Seen::Floor };
        let far = Self::floor(from, d);
        let lit = if far > 1e8 { 1.0 } else { self.floor_light(from + d * far, rng) };
        let (albedo, matt) = (self.backdrop * tint, V3::ONE * lit);
        Seen::Thing(Thing { albedo, matt, gloss: V3::ZERO, normal, depth })
    }

    /// Matt and glossy light of an opaque surface seen along `d`.
    fn shade(&self, spot: &Spot, d: V3, rng: &mut Rng) -> (V3, V3) {
        let n = spot.normal;
        let from = spot.at + spot.shape * 0.003;
        let facing = (-d.dot(n)).clamp(0.0, 1.0);
        let metal = spot.surface.metal;
        let share = fresnel(&spot.surface, facing);
        let matt = spot.surface.colour.luma() * (1.0 - share);
        let odds = if metal { 1.0 } else { (share / (share + matt)).clamp(0.2, 0.9) };
        if rng.unit() < odds {
            let next = reflect(d, facet(n, spot.surface.rough, rng));
            if next.dot(spot.shape) <= 0.0 {
                return (V3::ZERO, V3::ZERO);
            }
            let light = self.light(from, next, rng, 1);
            return if metal { (light, V3::ZERO) } else { (V3::ZERO, light * (share / odds)) };
        }
        let (next, weight) = self.studio.scatter(n, rng);
        if weight <= 0.0 || next.dot(spot.shape) <= 0.0 {
            return (V3::ZERO, V3::ZERO);
        }
        let light = self.light(from, next, rng, 1);
        (light * (weight * (1.0 - share) / (1.0 - odds)), V3::ZERO)
    }

    /// The light at a point of the floor, against what an open floor gets.
    pub fn floor_light(&self, at: V3, rng: &mut Rng) -> f32 {
        let (next, weight) = self.studio.scatter(V3::UP, rng);
        if weight <= 0.0 {
            return 0.0;
        }
        let light = self.light(at + V3::UP * 0.002, next, rng, 1) * (weight / self.studio.floor);
        ((light.x + light.y + light.z) / 3.0).min(BRIGHTEST)
    }
}

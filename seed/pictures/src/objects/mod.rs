//! The things the demo shop sells, each a few shapes with a material.

mod bath;
mod candles;
mod cloth;
mod group;
mod kitchen;
mod paper;
mod tableware;
mod vases;
mod wooden;

pub use group::Group;

use crate::materials::{Paint, Surface};
use crate::palette::Palette;
use crate::sdf::{Profile, smax};
use crate::vector::{V3, basis, v3};

/// How the camera looks at an object.
pub struct View {
    /// Looking down, in radians.
    pub pitch: f32,
    /// The share of the picture that the object's longer side fills.
    pub fill: f32,
}

/// Where a part stands in its object.
#[derive(Clone, Copy, Default)]
pub struct Place {
    pub at: V3,
    /// Turned about the vertical axis, in radians.
    pub turn: f32,
    /// Then leaned about its own x axis.
    pub lean: f32,
}

impl Place {
    pub fn at(x: f32, y: f32, z: f32) -> Place {
        Place { at: v3(x, y, z), ..Place::default() }
    }

    fn inward(&self, d: V3) -> V3 {
        let d = if self.turn == 0.0 { d } else { d.turn_y(self.turn) };
        if self.lean == 0.0 { d } else { d.turn_x(self.lean) }
    }

    fn outward(&self, d: V3) -> V3 {
        let d = if self.lean == 0.0 { d } else { d.turn_x(-self.lean) };
        if self.turn == 0.0 { d } else { d.turn_y(-self.turn) }
    }
}

type Shape = Box<dyn Fn(V3) -> f32 + Send + Sync>;

/// A shape and what it is made of.
pub struct Part {
    place: Place,
    shape: Shape,
    paint: Box<dyn Paint>,
    /// Light goes through.
    pub glass: bool,
    /// A box around it, in the object's own directions.
    bounds: (V3, V3),
}

/// One product, standing on the floor around the origin.
pub struct Object {
    pub parts: Vec<Part>,
    /// Half its width, its height, half its depth.
    pub reach: V3,
    pub view: View,
    turn: Place,
}

impl Object {
    fn new(reach: V3, pitch: f32, fill: f32) -> Object {
        let view = View { pitch, fill };
        Object { parts: Vec::new(), reach, view, turn: Place::default() }
    }

    fn part(
        self,
        shape: impl Fn(V3) -> f32 + Send + Sync + 'static,
        paint: impl Paint + 'static,
    ) -> Object {
        self.placed(Place::default(), shape, paint)
    }

    fn placed(
        mut self,
        place: Place,
        shape: impl Fn(V3) -> f32 + Send + Sync + 'static,
        paint: impl Paint + 'static,
    ) -> Object {
        let (shape, paint) = (Box::new(shape), Box::new(paint));
        let bounds = (V3::ONE * -9.0, V3::ONE * 9.0);
        self.parts.push(Part { place, shape, paint, glass: false, bounds });
        self
    }

    /// Lets light through the part added last.
    fn clear(mut self) -> Object {
        if let Some(part) = self.parts.last_mut() {
            part.glass = true;
        }
        self
    }

    /// The whole object turned about the vertical axis.
    fn turned(mut self, angle: f32) -> Object {
        self.turn.turn = angle;
        let (s, c) = angle.sin_cos();
        let (s, c) = (s.abs(), c.abs());
        let (x, z) = (self.reach.x, self.reach.z);
        self.reach = v3(c * x + s * z, self.reach.y, s * x + c * z);
        self
    }

    /// Finds a box around every part by asking it on a coarse lattice.
    fn measure(mut self) -> Object {
        const STEPS: i32 = 26;
        let reach = self.reach.x.max(self.reach.y).max(self.reach.z) * 1.05;
        let cell = reach * 2.0 / STEPS as f32;
        for part in &mut self.parts {
            let (mut low, mut high) = (V3::ONE * 9.0, V3::ONE * -9.0);
            for i in 0..STEPS.pow(3) {
                let steps =
                    v3((i % STEPS) as f32, (i / STEPS % STEPS) as f32, (i / STEPS.pow(2)) as f32);
                let p = (steps + V3::ONE * 0.5) * cell - V3::ONE * reach;
                if part.distance(p) < cell * 0.9 {
                    low = low.zip(p, f32::min);
                    high = high.zip(p, f32::max);
                }
            }
            part.bounds = (low - V3::ONE * cell, high + V3::ONE * cell);
        }
        self
    }

    /// Distance from `p` to the nearest surface; glass is a surface from both sides.
    pub fn distance(&self, p: V3) -> f32 {
        self.closest(self.turn.inward(p)).0
    }

    /// The part whose surface is nearest to `p`.
    pub fn nearest(&self, p: V3) -> usize {
        self.closest(self.turn.inward(p)).1
    }

    fn closest(&self, p: V3) -> (f32, usize) {
        let mut best = (1e9, 0);
        for (i, part) in self.parts.iter().enumerate() {
            if part.outside(p) < best.0 {
                let d = part.distance(p);
                if d < best.0 {
                    best = (d, i);
                }
            }
        }
        best
    }

    /// The direction out of `part` near `p`.
    pub fn normal(&self, part: usize, p: V3) -> V3 {
        const E: f32 = 0.0012;
        let part = &self.parts[part];
        let corners =
            [v3(1.0, -1.0, -1.0), v3(-1.0, -1.0, 1.0), v3(-1.0, 1.0, -1.0), v3(1.0, 1.0, 1.0)];
        let mut sum = V3::ZERO;
        for corner in corners {
            sum += corner * part.solid(self.turn.inward(p + corner * E));
        }
        sum.norm()
    }

    /// The material of `part` at `p`, and the normal `n`, tilted by its relief if `fine`.
    pub fn surface(&self, part: usize, p: V3, n: V3, fine: bool) -> (Surface, V3) {
        const E: f32 = 0.0015;
        let part = &self.parts[part];
        let p = part.place.inward(self.turn.inward(p) - part.place.at);
        let local = part.place.inward(self.turn.inward(n));
        let surface = part.paint.surface(p, local);
        if !fine || !part.paint.raised() {
            return (surface, n);
        }
        let (t, b) = basis(local);
        let here = part.paint.relief(p, local);
        let slope_t = (part.paint.relief(p + t * E, local) - here) / E;
        let slope_b = (part.paint.relief(p + b * E, local) - here) / E;
        let tilted = (local - t * slope_t - b * slope_b).norm();
        (surface, self.turn.outward(part.place.outward(tilted)))
    }
}

impl Part {
    /// How far `p` is outside the part's box.
    fn outside(&self, p: V3) -> f32 {
        let (low, high) = self.bounds;
        let out = |p: f32, low: f32, high: f32| (low - p).max(p - high).max(0.0);
        let (x, y, z) = (out(p.x, low.x, high.x), out(p.y, low.y, high.y), out(p.z, low.z, high.z));
        (x * x + y * y + z * z).sqrt()
    }

    fn solid(&self, p: V3) -> f32 {
        (self.shape)(self.place.inward(p - self.place.at))
    }

    fn distance(&self, p: V3) -> f32 {
        let d = self.solid(p);
        if self.glass { d.abs() } else { d }
    }
}

/// A handle's tube, cut off where it would come through the wall at radius `wall`.
fn handle(points: Vec<(V3, f32)>, wall: f32) -> impl Fn(V3) -> f32 {
    /// Beyond this distance a box around the tube says enough.
    const FAR: f32 = 0.2;
    let edge = |side: f32, pick: fn(f32, f32) -> f32| {
        points.iter().map(|(p, r)| *p + V3::ONE * (side * *r)).reduce(|a, b| a.zip(b, pick))
    };
    let low = edge(-1.0, f32::min).unwrap_or(V3::ZERO);
    let high = edge(1.0, f32::max).unwrap_or(V3::ZERO);
    move |p: V3| {
        let away = (low - p).zip(p - high, f32::max).map(|c| c.max(0.0));
        let away = v3(away.x, away.y, away.z * 0.72).len();
        if away > FAR {
            return away;
        }
        let flat = v3(p.x, p.y, p.z * 0.72);
        smax(crate::sdf::tube(flat, &points), wall - p.radius(), 0.02)
    }
}

/// A profile through the given `[radius, height, half thickness]`, turned about the axis.
fn lathe(points: &[[f32; 3]]) -> impl Fn(V3) -> f32 + use<> {
    let profile = Profile::curve(points);
    move |p| profile.lathe(p)
}

type Built = Result<Object, String>;

/// Builds `object` in `finish`.
pub fn build(object: &str, palette: &Palette, finish: &str) -> Built {
    let build = match object {
        "mug" => tableware::mug,
        "espresso-cup" => tableware::espresso_cup,
        "tumbler" => tableware::tumbler,
        "teapot" => tableware::teapot,
        "jug" => tableware::jug,
        "bowl" => tableware::bowl,
        "serving-bowl" => tableware::serving_bowl,
        "plate" => tableware::plate,
        "side-plate" => tableware::side_plate,
        "platter" => tableware::platter,
        "carafe" => vases::carafe,
        "jar" => vases::jar,
        "vase" => vases::vase,
        "bud-vase" => vases::bud_vase,
        "bottle-vase" => vases::bottle_vase,
        "planter" => vases::planter,
        "candle" => candles::candle,
        "taper-holder" => candles::taper_holder,
        "tea-light" => candles::tea_light,
        "soap" => bath::soap,
        "soap-dish" => bath::soap_dish,
        "brush" => bath::brush,
        "board" => kitchen::board,
        "bread-board" => kitchen::bread_board,
        "rolling-pin" => kitchen::rolling_pin,
        "tray" => kitchen::tray,
        "spoon" => kitchen::spoon,
        "coaster" => wooden::coaster,
        "box" => wooden::lidded_box,
        "stool" => wooden::stool,
        "notebook" => paper::notebook,
        "journal" => paper::journal,
        "towel" => cloth::towel,
        "napkin" => cloth::napkin,
        "cushion" => cloth::cushion,
        "throw" => cloth::throw,
        "basket" => cloth::basket,
        _ => return Err(format!("no object is called {object:?}")),
    };
    Ok(build(palette, finish)?.measure())
}

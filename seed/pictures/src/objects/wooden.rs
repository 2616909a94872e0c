//! Wooden things of the house.

use super::{Built, Object, Place, View};
use crate::materials::{Brass, Grain, Paint, Surface, Wood};
use crate::palette::Palette;
use crate::sdf::{bar, cylinder, ellipsoid, rounded_box, slab, smax, smin};
use crate::vector::{V3, v3};

pub fn coaster(palette: &Palette, finish: &str) -> Built {
    let mut object = Object::new(v3(0.62, 0.50, 0.62), 0.48, 0.64);
    let stone = finish == "slate";
    let layers = [(0.0, 0.01, 0.10), (0.02, -0.015, 1.3), (-0.02, 0.01, 2.2), (0.015, 0.015, 0.35)];
    for (i, (x, z, turn)) in layers.into_iter().enumerate() {
        let turn = if stone { (turn - 1.0) * 0.06 } else { turn };
        let place = Place { at: v3(x, 0.058 + 0.118 * i as f32, z), turn, lean: 0.0 };
        let shape = move |p: V3| {
            if stone {
                let chip = 0.018 * crate::noise::fbm(p * 9.0 + v3(i as f32 * 5.0, 0.0, 0.0));
                (slab(p, v3(0.50, 0.056, 0.50), 0.03, 0.010) + chip) * 0.85
            } else {
                let disc = cylinder(p, 0.52, 0.057, 0.016);
                let dip = cylinder(p - v3(0.0, 0.065, 0.0), 0.455, 0.026, 0.012);
                smax(disc, -dip, 0.008)
            }
        };
        let paint = palette.wood_or_slate(finish, Grain::X, i as f32)?;
        object = object.placed(place, shape, paint);
    }
    Ok(object.turned(0.35))
}

/// Boards whose fingers interlock at the corners, so that end grain shows there in turn.
struct Jointed {
    long: Wood,
    end: Wood,
    half: (f32, f32),
}

impl Paint for Jointed {
    fn surface(&self, p: V3, n: V3) -> Surface {
        let odd = (p.y / 0.112).floor() as i32 & 1 == 1;
        let front = n.z.abs() > n.x.abs();
        let corner =
            if front { p.x.abs() > self.half.0 - 0.072 } else { p.z.abs() > self.half.1 - 0.072 };
        if corner && odd == front {
            let mut cut = self.end.surface(p, n);
            cut.colour = cut.colour * 0.80;
            cut
        } else if front {
            self.long.surface(p, n)
        } else {
            self.long.surface(v3(p.z, p.y, p.x), v3(n.z, n.y, n.x))
        }
    }
}

pub fn lidded_box(palette: &Palette, finish: &str) -> Built {
    let half = (0.72, 0.46);
    let body = move |p: V3| {
        let block = rounded_box(p - v3(0.0, 0.28, 0.0), v3(half.0, 0.28, half.1), 0.014);
        let cavity =
            rounded_box(p - v3(0.0, 0.40, 0.0), v3(half.0 - 0.06, 0.35, half.1 - 0.06), 0.01);
        smax(block, -cavity, 0.006)
    };
    let lid = |p: V3| {
        let board = slab(p - v3(0.0, 0.617, 0.0), v3(0.74, 0.045, 0.48), 0.02, 0.016);
        let inset = rounded_box(p - v3(0.0, 0.55, 0.0), v3(0.65, 0.03, 0.39), 0.01);
        board.min(inset)
    };
    let knob = |p: V3| {
        let ball = ellipsoid(p - v3(0.0, 0.755, 0.0), v3(0.072, 0.060, 0.072));
        smin(ball, cylinder(p - v3(0.0, 0.69, 0.0), 0.032, 0.04, 0.006), 0.02)
    };
    let paint = Jointed {
        long: palette.wood(finish, Grain::X, 0.0)?,
        end: palette.wood(finish, Grain::Z, 1.5)?,
        half,
    };
    Ok(Object::new(v3(0.76, 0.83, 0.50), 0.44, 0.68)
        .part(body, paint)
        .part(lid, palette.wood(finish, Grain::X, 4.0)?)
        .part(knob, Brass { colour: palette.get("metal", "brass")? })
        .turned(0.48))
}

pub fn stool(palette: &Palette, finish: &str) -> Built {
    let seat = |p: V3| {
        let disc = cylinder(p - v3(0.0, 1.02, 0.0), 0.52, 0.058, 0.040);
        smax(disc, -ellipsoid(p - v3(0.0, 1.30, 0.0), v3(0.85, 0.235, 0.85)), 0.05)
    };
    let mut object = Object::new(v3(0.60, 1.10, 0.60), 0.30, 0.68)
        .part(seat, palette.wood(finish, Grain::X, 2.0)?);
    for i in 0..3 {
        let turn = 0.35 + i as f32 * std::f32::consts::TAU / 3.0;
        let place = Place { at: V3::ZERO, turn, lean: 0.0 };
        let leg = |p: V3| {
            let round = bar(p, v3(0.27, 0.99, 0.0), v3(0.485, -0.02, 0.0), 0.062, 0.040);
            smax(round, -p.y, 0.006)
        };
        object = object.placed(place, leg, palette.wood(finish, Grain::Y, i as f32)?);
    }
    for i in 0..3 {
        let turn = 0.35 + i as f32 * std::f32::consts::TAU / 3.0;
        let place = Place { at: V3::ZERO, turn, lean: 0.0 };
        let third = std::f32::consts::TAU / 3.0;
        let rail = move |p: V3| {
            let foot = v3(0.405, 0.36, 0.0);
            bar(p, foot, foot.turn_y(third), 0.030, 0.030)
        };
        object = object.placed(place, rail, palette.wood(finish, Grain::Z, 5.0 + i as f32)?);
    }
    object.view = View { pitch: 0.34, fill: 0.70 };
    Ok(object)
}

//! Wooden things of the kitchen.

use super::{Built, Object, Place, lathe};
use crate::materials::Grain;
use crate::palette::Palette;
use crate::sdf::{bar, cylinder, ellipsoid, extrude, smax, smin, smooth_tube, tube};
use crate::vector::{Diagonal, V3, v3};

/// Signed distance of a rectangle with rounded corners.
fn rectangle(x: f32, z: f32, half: (f32, f32), corner: f32) -> f32 {
    let (a, b) = (x.abs() - half.0 + corner, z.abs() - half.1 + corner);
    a.max(0.0).diagonal(b.max(0.0)) + a.max(b).min(0.0) - corner
}

pub fn board(palette: &Palette, finish: &str) -> Built {
    let shape = |p: V3| {
        let plan = rectangle(p.x, p.z, (0.62, 0.95), 0.13);
        let hole = (p.x + 0.42).diagonal(p.z + 0.76) - 0.075;
        let block = extrude(smax(plan, -hole, 0.012), (p.y - 0.055).abs() - 0.055, 0.018);
        let groove = rectangle(p.x, p.z - 0.10, (0.50, 0.72), 0.08).abs();
        smax(block, 0.030 - groove.diagonal(p.y - 0.118), 0.012)
    };
    let wood = palette.wood(finish, Grain::Z, 0.0)?;
    Ok(Object::new(v3(0.65, 0.13, 0.98), 0.82, 0.70).part(shape, wood).turned(0.62))
}

pub fn bread_board(palette: &Palette, finish: &str) -> Built {
    let shape = |p: V3| {
        let blade = rectangle(p.x + 0.30, p.z, (0.95, 0.40), 0.16);
        let neck = rectangle(p.x - 0.95, p.z, (0.48, 0.095), 0.09);
        let hole = (p.x - 1.31).diagonal(p.z) - 0.042;
        let plan = smax(smin(blade, neck, 0.22), -hole, 0.012);
        extrude(plan, (p.y - 0.045).abs() - 0.045, 0.020)
    };
    let wood = palette.wood(finish, Grain::X, 2.0)?;
    Ok(Object::new(v3(1.46, 0.11, 0.44), 0.80, 0.72).part(shape, wood).turned(0.55))
}

pub fn rolling_pin(palette: &Palette, finish: &str) -> Built {
    let shape = |p: V3| {
        let side = v3(p.y - 0.205, p.x, p.z);
        let body = cylinder(side, 0.205, 0.86, 0.045);
        let q = v3(p.x.abs(), p.y - 0.205, p.z);
        let neck = bar(q, v3(0.8, 0.0, 0.0), v3(1.0, 0.0, 0.0), 0.070, 0.070);
        let grip = ellipsoid(q - v3(1.17, 0.0, 0.0), v3(0.25, 0.105, 0.105));
        smin(body, smin(neck, grip, 0.05), 0.025)
    };
    let wood = palette.wood(finish, Grain::X, 1.0)?;
    Ok(Object::new(v3(1.45, 0.43, 0.23), 0.62, 0.74).part(shape, wood).turned(0.55))
}

pub fn tray(palette: &Palette, finish: &str) -> Built {
    let dish = lathe(&[
        [0.0, 0.040, 0.038],
        [0.50, 0.040, 0.038],
        [0.88, 0.040, 0.038],
        [0.965, 0.060, 0.034],
        [0.985, 0.13, 0.030],
        [0.990, 0.25, 0.026],
    ]);
    let shape = move |p: V3| {
        let slot = rectangle(p.z, p.y - 0.185, (0.17, 0.035), 0.034);
        let slot = if p.x.abs() > 0.8 { slot } else { 1.0 };
        smax(dish(p), -slot, 0.015)
    };
    let wood = palette.wood(finish, Grain::X, 3.0)?;
    Ok(Object::new(v3(1.03, 0.29, 1.03), 0.58, 0.70).part(shape, wood).turned(0.62))
}

pub fn spoon(palette: &Palette, finish: &str) -> Built {
    let path = [
        [-1.42, 0.075, 0.0, 0.060],
        [-1.20, 0.085, 0.0, 0.070],
        [-0.70, 0.105, 0.0, 0.052],
        [-0.10, 0.130, 0.0, 0.048],
        [0.30, 0.130, 0.0, 0.058],
        [0.52, 0.115, 0.0, 0.070],
    ];
    let stick = smooth_tube(&path, 6);
    let shape = move |p: V3| {
        let outer = ellipsoid(p - v3(0.82, 0.150, 0.0), v3(0.44, 0.150, 0.285));
        let outer = smax(outer, p.y - 0.185, 0.03);
        let inner = ellipsoid(p - v3(0.83, 0.205, 0.0), v3(0.385, 0.125, 0.238));
        let flat = v3(p.x, p.y, p.z * 0.85);
        let whole = smin(outer, tube(flat, &stick), 0.12);
        smax(whole, -inner, 0.02) * 0.9
    };
    let wood = palette.wood(finish, Grain::X, 0.5)?;
    let origin = Place::at(0.10, -0.004, 0.0);
    Ok(Object::new(v3(1.42, 0.22, 0.32), 0.95, 0.74).placed(origin, shape, wood).turned(0.72))
}

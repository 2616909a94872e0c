//! Vases, bottles, jars and pots.

use super::{Built, Object, lathe};
use crate::materials::Plain;
use crate::palette::Palette;
use crate::sdf::{cylinder, ellipsoid, smin};
use crate::vector::{V3, v3};

pub fn carafe(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.26, 0.055, 0.045],
        [0.39, 0.08, 0.045],
        [0.445, 0.20, 0.042],
        [0.455, 0.52, 0.038],
        [0.40, 0.84, 0.036],
        [0.235, 1.14, 0.034],
        [0.195, 1.36, 0.032],
        [0.225, 1.56, 0.028],
        [0.275, 1.68, 0.024],
    ]);
    let glaze = palette.glaze(finish, 0.24, 1.695)?;
    Ok(Object::new(v3(0.51, 1.72, 0.51), 0.24, 0.70).part(body, glaze))
}

pub fn jar(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.30, 0.055, 0.045],
        [0.44, 0.08, 0.045],
        [0.51, 0.20, 0.042],
        [0.53, 0.50, 0.040],
        [0.515, 0.78, 0.038],
        [0.475, 0.90, 0.036],
    ]);
    let dome = lathe(&[
        [0.0, 1.045, 0.034],
        [0.22, 1.035, 0.034],
        [0.40, 1.005, 0.034],
        [0.49, 0.968, 0.028],
    ]);
    let lid = move |p: V3| {
        let knob = ellipsoid(p - v3(0.0, 1.19, 0.0), v3(0.115, 0.075, 0.115));
        let neck = cylinder(p - v3(0.0, 1.11, 0.0), 0.065, 0.06, 0.01);
        smin(dome(p), smin(knob, neck, 0.05), 0.04)
    };
    Ok(Object::new(v3(0.59, 1.29, 0.59), 0.28, 0.66)
        .part(body, palette.glaze(finish, 0.19, 9.0)?)
        .part(lid, palette.glaze(finish, -1.0, 9.0)?))
}

pub fn vase(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.22, 0.055, 0.045],
        [0.36, 0.085, 0.045],
        [0.50, 0.30, 0.042],
        [0.595, 0.62, 0.040],
        [0.545, 0.94, 0.038],
        [0.36, 1.20, 0.036],
        [0.225, 1.42, 0.034],
        [0.225, 1.60, 0.030],
        [0.295, 1.75, 0.024],
    ]);
    let glaze = palette.glaze(finish, 0.27, 1.765)?;
    Ok(Object::new(v3(0.65, 1.80, 0.65), 0.22, 0.70).part(body, glaze))
}

pub fn bud_vase(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.16, 0.055, 0.045],
        [0.30, 0.10, 0.045],
        [0.43, 0.28, 0.042],
        [0.445, 0.46, 0.040],
        [0.35, 0.65, 0.038],
        [0.17, 0.77, 0.034],
        [0.105, 0.90, 0.030],
        [0.100, 1.06, 0.027],
        [0.135, 1.16, 0.022],
    ]);
    let glaze = palette.glaze(finish, 0.15, 1.175)?;
    Ok(Object::new(v3(0.50, 1.20, 0.50), 0.24, 0.64).part(body, glaze))
}

pub fn bottle_vase(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.22, 0.055, 0.045],
        [0.32, 0.075, 0.045],
        [0.36, 0.18, 0.042],
        [0.365, 0.60, 0.040],
        [0.36, 1.02, 0.038],
        [0.30, 1.20, 0.036],
        [0.155, 1.31, 0.034],
        [0.120, 1.45, 0.030],
        [0.120, 1.78, 0.027],
        [0.150, 1.87, 0.026],
    ]);
    let shape = move |p: V3| {
        let ribs = (p.y * 52.0).sin() * 0.006;
        let zone =
            crate::sdf::smoothstep(0.30, 0.36, p.y) * crate::sdf::smoothstep(1.02, 0.96, p.y);
        (body(p) - ribs * zone) * 0.94
    };
    let glaze = palette.glaze(finish, 0.24, 1.885)?;
    Ok(Object::new(v3(0.42, 1.91, 0.42), 0.20, 0.72).part(shape, glaze))
}

pub fn planter(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.060, 0.045],
        [0.28, 0.060, 0.045],
        [0.40, 0.085, 0.045],
        [0.47, 0.24, 0.044],
        [0.55, 0.60, 0.042],
        [0.60, 0.90, 0.040],
        [0.615, 1.04, 0.040],
    ]);
    let band = |p: V3| {
        let q = v3(p.x, p.y - 1.0, p.z);
        crate::sdf::extrude((q.radius() - 0.622).abs() - 0.050, q.y.abs() - 0.085, 0.035)
    };
    let pot = move |p: V3| smin(body(p), band(p), 0.03);
    let dish = lathe(&[
        [0.0, 0.040, 0.036],
        [0.44, 0.040, 0.036],
        [0.58, 0.055, 0.036],
        [0.64, 0.13, 0.030],
    ]);
    let soil = |p: V3| {
        let lumps = 0.05 * crate::noise::fbm(p * 7.0) + 0.025 * crate::noise::noise(p * 26.0);
        cylinder(p - v3(0.0, 0.82 + lumps, 0.0), 0.57, 0.05, 0.01) * 0.7
    };
    let earth = Plain { colour: palette.get("clay", "soil")?, rough: 0.95, shine: 0.01 };
    Ok(Object::new(v3(0.70, 1.17, 0.70), 0.34, 0.66)
        .placed(super::Place::at(0.0, 0.062, 0.0), pot, palette.glaze(finish, -1.0, 1.075)?)
        .part(dish, palette.glaze(finish, 0.05, 0.155)?)
        .part(soil, earth))
}

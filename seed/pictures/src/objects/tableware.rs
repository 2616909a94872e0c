//! Cups, plates, bowls and pots for the table.

use super::{Built, Object, Place, handle, lathe};
use crate::palette::Palette;
use crate::sdf::{ellipsoid, smax, smin, smooth_tube, smoothstep, tube};
use crate::vector::{Diagonal, V3, v3};

/// A ring under a plate or bowl, on which it stands.
fn foot_ring(p: V3, radius: f32, thick: f32) -> f32 {
    (p.radius() - radius).diagonal(p.y - thick) - thick
}

pub fn mug(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.050, 0.042],
        [0.20, 0.050, 0.042],
        [0.35, 0.052, 0.042],
        [0.425, 0.10, 0.040],
        [0.450, 0.22, 0.036],
        [0.455, 0.50, 0.034],
        [0.452, 0.75, 0.032],
        [0.450, 0.98, 0.028],
    ]);
    let grip = handle(
        smooth_tube(
            &[
                [0.42, 0.80, 0.0, 0.058],
                [0.58, 0.815, 0.0, 0.052],
                [0.715, 0.73, 0.0, 0.048],
                [0.745, 0.56, 0.0, 0.047],
                [0.68, 0.38, 0.0, 0.048],
                [0.55, 0.27, 0.0, 0.052],
                [0.42, 0.24, 0.0, 0.060],
            ],
            5,
        ),
        0.448,
    );
    let shape = move |p: V3| {
        let pot = body(p);
        if p.x < 0.25 { pot } else { smin(pot, grip(p), 0.05) }
    };
    let glaze = palette.glaze(finish, 0.17, 1.005)?;
    Ok(Object::new(v3(0.85, 1.02, 0.50), 0.30, 0.66).part(shape, glaze).turned(0.45))
}

pub fn espresso_cup(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.048, 0.042],
        [0.14, 0.048, 0.042],
        [0.22, 0.07, 0.040],
        [0.32, 0.22, 0.034],
        [0.37, 0.42, 0.030],
        [0.385, 0.66, 0.026],
    ]);
    let grip = handle(
        smooth_tube(
            &[
                [0.33, 0.52, 0.0, 0.045],
                [0.46, 0.545, 0.0, 0.041],
                [0.555, 0.47, 0.0, 0.038],
                [0.54, 0.35, 0.0, 0.038],
                [0.43, 0.26, 0.0, 0.042],
                [0.30, 0.22, 0.0, 0.045],
            ],
            5,
        ),
        0.345,
    );
    let cup = move |p: V3| {
        let pot = body(p);
        if p.x < 0.2 { pot } else { smin(pot, grip(p), 0.04) }
    };
    let dish = lathe(&[
        [0.0, 0.060, 0.030],
        [0.34, 0.060, 0.030],
        [0.52, 0.075, 0.029],
        [0.68, 0.125, 0.026],
        [0.74, 0.165, 0.024],
    ]);
    let saucer = move |p: V3| smin(dish(p), foot_ring(p, 0.36, 0.035), 0.03);
    Ok(Object::new(v3(0.80, 0.82, 0.80), 0.42, 0.66)
        .placed(Place::at(0.0, 0.090, 0.0), cup, palette.glaze(finish, 0.11, 0.685)?)
        .part(saucer, palette.glaze(finish, 0.045, 0.187)?)
        .turned(0.5))
}

pub fn tumbler(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.050, 0.042],
        [0.22, 0.050, 0.042],
        [0.315, 0.065, 0.042],
        [0.355, 0.14, 0.040],
        [0.385, 0.45, 0.036],
        [0.415, 0.80, 0.032],
        [0.435, 1.08, 0.026],
    ]);
    let shape = move |p: V3| {
        let zone = smoothstep(0.30, 0.42, p.y) * smoothstep(0.92, 0.80, p.y);
        let flute = (p.x.atan2(p.z) * 26.0).cos() * 0.008 * zone;
        (body(p) - flute) * 0.92
    };
    let glaze = palette.glaze(finish, 0.30, 1.10)?;
    Ok(Object::new(v3(0.48, 1.13, 0.48), 0.30, 0.64).part(shape, glaze))
}

pub fn teapot(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.26, 0.055, 0.045],
        [0.40, 0.09, 0.045],
        [0.54, 0.25, 0.042],
        [0.60, 0.45, 0.040],
        [0.555, 0.66, 0.038],
        [0.43, 0.81, 0.036],
        [0.33, 0.865, 0.034],
    ]);
    let grip = smooth_tube(
        &[
            [0.48, 0.70, 0.0, 0.062],
            [0.70, 0.80, 0.0, 0.056],
            [0.90, 0.71, 0.0, 0.052],
            [0.94, 0.52, 0.0, 0.050],
            [0.82, 0.34, 0.0, 0.052],
            [0.55, 0.26, 0.0, 0.060],
        ],
        5,
    );
    let grip = handle(grip, 0.53);
    let path = [
        [-0.45, 0.34, 0.0, 0.17],
        [-0.66, 0.44, 0.0, 0.125],
        [-0.80, 0.62, 0.0, 0.085],
        [-0.90, 0.80, 0.0, 0.070],
        [-0.99, 0.91, 0.0, 0.066],
    ];
    let spout = smooth_tube(&path, 4);
    let bore = smooth_tube(&path.map(|p| [p[0] - 0.006, p[1] + 0.006, p[2], p[3] - 0.028]), 4);
    let shape = move |p: V3| {
        let pot = body(p);
        if p.x < -0.3 {
            let tip = (p - v3(-0.965, 0.905, 0.0)).dot(v3(-0.30, 0.954, 0.0));
            let hollow = tube(p, &bore).max(-0.80 - p.x.min(-0.801));
            let pipe = smax(tube(p, &spout), tip, 0.02);
            let pipe = smax(pipe, 0.56 - p.radius(), 0.02);
            smax(smin(pot, pipe, 0.08), -hollow, 0.015)
        } else if p.x > 0.3 {
            smin(pot, grip(p), 0.06)
        } else {
            pot
        }
    };
    let dome = lathe(&[
        [0.0, 1.00, 0.030],
        [0.10, 0.995, 0.030],
        [0.22, 0.96, 0.030],
        [0.32, 0.915, 0.028],
    ]);
    let lid = move |p: V3| {
        let knob = ellipsoid(p - v3(0.0, 1.10, 0.0), v3(0.088, 0.072, 0.088));
        let neck = crate::sdf::cylinder(p - v3(0.0, 1.03, 0.0), 0.05, 0.06, 0.01);
        smin(dome(p), smin(knob, neck, 0.04), 0.03)
    };
    Ok(Object::new(v3(1.08, 1.20, 0.66), 0.30, 0.70)
        .part(shape, palette.glaze(finish, 0.13, 9.0)?)
        .part(lid, palette.glaze(finish, -1.0, 9.0)?)
        .turned(0.30))
}

pub fn jug(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.055, 0.045],
        [0.26, 0.055, 0.045],
        [0.38, 0.085, 0.045],
        [0.47, 0.25, 0.042],
        [0.50, 0.50, 0.038],
        [0.44, 0.82, 0.036],
        [0.355, 1.06, 0.034],
        [0.345, 1.24, 0.032],
        [0.385, 1.40, 0.028],
    ]);
    let grip = smooth_tube(
        &[
            [0.33, 1.18, 0.0, 0.062],
            [0.52, 1.26, 0.0, 0.056],
            [0.71, 1.15, 0.0, 0.052],
            [0.77, 0.90, 0.0, 0.050],
            [0.68, 0.62, 0.0, 0.052],
            [0.47, 0.44, 0.0, 0.060],
        ],
        5,
    );
    let grip = handle(grip, 0.375);
    let shape = move |p: V3| {
        let side = p.z.atan2(-p.x);
        let lip = smoothstep(1.02, 1.42, p.y) * (-(side / 0.42).powi(2)).exp();
        let r = p.radius();
        let pull = (r - 0.17 * lip).max(0.0) / r.max(1e-4);
        let pot = body(v3(p.x * pull, p.y - 0.045 * lip, p.z * pull)) * 0.80;
        if p.x < 0.2 { pot } else { smin(pot, grip(p), 0.05) }
    };
    let glaze = palette.glaze(finish, 0.20, 1.44)?;
    Ok(Object::new(v3(0.86, 1.50, 0.56), 0.26, 0.68).part(shape, glaze).turned(0.40))
}

pub fn bowl(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.085, 0.040],
        [0.22, 0.088, 0.040],
        [0.40, 0.12, 0.038],
        [0.62, 0.24, 0.036],
        [0.78, 0.42, 0.032],
        [0.85, 0.66, 0.027],
    ]);
    let shape = move |p: V3| smin(body(p), foot_ring(p, 0.28, 0.045), 0.05);
    let glaze = palette.glaze(finish, 0.12, 0.688)?;
    Ok(Object::new(v3(0.89, 0.70, 0.89), 0.40, 0.68).part(shape, glaze))
}

pub fn serving_bowl(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.085, 0.040],
        [0.34, 0.088, 0.040],
        [0.60, 0.11, 0.038],
        [0.88, 0.20, 0.036],
        [1.06, 0.34, 0.034],
        [1.13, 0.48, 0.030],
        [1.17, 0.50, 0.028],
    ]);
    let shape = move |p: V3| smin(body(p), foot_ring(p, 0.48, 0.045), 0.05);
    let glaze = palette.glaze(finish, 0.10, 0.53)?;
    Ok(Object::new(v3(1.21, 0.55, 1.21), 0.48, 0.70).part(shape, glaze))
}

pub fn plate(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.070, 0.030],
        [0.40, 0.070, 0.030],
        [0.66, 0.072, 0.030],
        [0.78, 0.092, 0.030],
        [0.86, 0.130, 0.028],
        [1.00, 0.160, 0.026],
        [1.10, 0.182, 0.024],
    ]);
    let shape = move |p: V3| smin(body(p), foot_ring(p, 0.62, 0.035), 0.04);
    let glaze = palette.glaze(finish, 0.05, 0.222)?;
    Ok(Object::new(v3(1.14, 0.22, 1.14), 0.66, 0.70).part(shape, glaze))
}

pub fn side_plate(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.070, 0.030],
        [0.30, 0.070, 0.030],
        [0.50, 0.074, 0.030],
        [0.66, 0.095, 0.029],
        [0.77, 0.15, 0.028],
        [0.82, 0.235, 0.025],
    ]);
    let shape = move |p: V3| smin(body(p), foot_ring(p, 0.48, 0.035), 0.04);
    let glaze = palette.glaze(finish, 0.05, 0.255)?;
    Ok(Object::new(v3(0.86, 0.28, 0.86), 0.58, 0.66).part(shape, glaze))
}

pub fn platter(palette: &Palette, finish: &str) -> Built {
    let body = lathe(&[
        [0.0, 0.070, 0.030],
        [0.40, 0.070, 0.030],
        [0.60, 0.075, 0.030],
        [0.72, 0.11, 0.030],
        [0.80, 0.20, 0.027],
        [0.83, 0.235, 0.025],
    ]);
    let shape = move |p: V3| {
        let round = v3(p.x / 1.55, p.y, p.z);
        smin(body(round), foot_ring(round, 0.52, 0.035), 0.04)
    };
    let glaze = palette.glaze(finish, 0.05, 0.255)?;
    Ok(Object::new(v3(1.35, 0.28, 0.87), 0.60, 0.72).part(shape, glaze).turned(-0.35))
}

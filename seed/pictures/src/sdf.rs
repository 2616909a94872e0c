//! Signed distances of the simple solids that every object is put together from.

use crate::vector::{Diagonal, V3, v3};

/// Smooth union of two distances; `k` is the width of the fillet.
pub fn smin(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// Smooth intersection.
pub fn smax(a: f32, b: f32, k: f32) -> f32 {
    -smin(-a, -b, k)
}

/// 0 below `a`, 1 above `b`, smooth between.
pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Box with half sizes `b` and edges rounded by `r`.
pub fn rounded_box(p: V3, b: V3, r: f32) -> f32 {
    let q = v3(p.x.abs() - b.x + r, p.y.abs() - b.y + r, p.z.abs() - b.z + r);
    q.map(|c| c.max(0.0)).len() + q.x.max(q.y).max(q.z).min(0.0) - r
}

/// Slab lying flat: outline rounded by `corner` seen from above, edges rounded by `edge`.
pub fn slab(p: V3, b: V3, corner: f32, edge: f32) -> f32 {
    let (x, z) = (p.x.abs() - b.x + corner, p.z.abs() - b.z + corner);
    let outline = x.max(0.0).diagonal(z.max(0.0)) + x.max(z).min(0.0) - corner;
    extrude(outline, p.y.abs() - b.y, edge)
}

/// A flat outline with distance `outline` given thickness, its edges rounded by `edge`.
pub fn extrude(outline: f32, height: f32, edge: f32) -> f32 {
    let (a, b) = (outline + edge, height + edge);
    a.max(b).min(0.0) + a.max(0.0).diagonal(b.max(0.0)) - edge
}

/// Upright cylinder with half height `h`, edges rounded by `edge`.
pub fn cylinder(p: V3, r: f32, h: f32, edge: f32) -> f32 {
    extrude(p.radius() - r, p.y.abs() - h, edge)
}

/// Ball stretched to the half sizes `r`; good near the surface, never too far inside.
pub fn ellipsoid(p: V3, r: V3) -> f32 {
    let a = v3(p.x / r.x, p.y / r.y, p.z / r.z).len();
    if a < 1.0 {
        return (a - 1.0) * r.x.min(r.y).min(r.z);
    }
    a * (a - 1.0) / v3(p.x / (r.x * r.x), p.y / (r.y * r.y), p.z / (r.z * r.z)).len()
}

/// Round bar from `a` to `b` whose radius goes from `ra` to `rb`.
pub fn bar(p: V3, a: V3, b: V3, ra: f32, rb: f32) -> f32 {
    let (pa, ba) = (p - a, b - a);
    let t = (pa.dot(ba) / ba.dot(ba)).clamp(0.0, 1.0);
    (pa - ba * t).len() - (ra + (rb - ra) * t)
}

/// Round bar through `points`, each with its radius.
pub fn tube(p: V3, points: &[(V3, f32)]) -> f32 {
    points.windows(2).map(|w| bar(p, w[0].0, w[1].0, w[0].1, w[1].1)).fold(1e9, f32::min)
}

/// One value along a Catmull-Rom curve.
fn catmull(a: f32, b: f32, c: f32, d: f32, t: f32) -> f32 {
    let cubic = 3.0 * b - a - 3.0 * c + d;
    0.5 * (2.0 * b + (c - a) * t + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t + cubic * t * t * t)
}

/// Points of a smooth curve through `points`, `n` to a span.
pub fn spline<const N: usize>(points: &[[f32; N]], n: usize) -> Vec<[f32; N]> {
    let last = points.len() - 1;
    let mut out = Vec::with_capacity(last * n + 1);
    for i in 0..last {
        let around = [i.saturating_sub(1), i, i + 1, (i + 2).min(last)].map(|k| points[k]);
        for k in 0..n {
            let t = k as f32 / n as f32;
            out.push(std::array::from_fn(|c| {
                catmull(around[0][c], around[1][c], around[2][c], around[3][c], t)
            }));
        }
    }
    out.push(points[last]);
    out
}

/// A smooth round bar through `points` of `[x, y, z, radius]`.
pub fn smooth_tube(points: &[[f32; 4]], n: usize) -> Vec<(V3, f32)> {
    spline(points, n).iter().map(|p| (v3(p[0], p[1], p[2]), p[3])).collect()
}

/// Grid cells along each side of a profile.
const CELLS: usize = 480;
/// How far around its points a profile's grid reaches.
const AROUND: f32 = 0.3;

/// A thick polyline in a plane. Turned about the axis it is a pot, drawn sideways a folded cloth.
///
/// Distances around it are worked out once, on a grid so fine that reading between its nodes
/// is as good as working them out.
pub struct Profile {
    points: Vec<[f32; 3]>,
    low: [f32; 2],
    cell: f32,
    grid: Vec<f32>,
}

impl Profile {
    /// A curve through `[x, y, half thickness]`, smoothed.
    pub fn curve(points: &[[f32; 3]]) -> Profile {
        Profile::polyline(spline(points, 14))
    }

    /// Straight segments through `[x, y, half thickness]`.
    pub fn polyline(points: Vec<[f32; 3]>) -> Profile {
        let mut low = [f32::MAX; 2];
        let mut high = [f32::MIN; 2];
        for p in &points {
            for axis in 0..2 {
                low[axis] = low[axis].min(p[axis] - AROUND);
                high[axis] = high[axis].max(p[axis] + AROUND);
            }
        }
        let cell = (high[0] - low[0]).max(high[1] - low[1]) / CELLS as f32;
        let mut profile = Profile { points, low, cell, grid: Vec::new() };
        let node = |i: usize| (i % (CELLS + 1), i / (CELLS + 1));
        profile.grid = (0..(CELLS + 1) * (CELLS + 1))
            .map(|i| {
                let (column, row) = node(i);
                profile.exact(low[0] + column as f32 * cell, low[1] + row as f32 * cell)
            })
            .collect();
        profile
    }

    fn exact(&self, x: f32, y: f32) -> f32 {
        let segment = |w: &[[f32; 3]]| {
            let (a, b) = (w[0], w[1]);
            let (px, py, bx, by) = (x - a[0], y - a[1], b[0] - a[0], b[1] - a[1]);
            let t = ((px * bx + py * by) / (bx * bx + by * by).max(1e-12)).clamp(0.0, 1.0);
            (px - bx * t).diagonal(py - by * t) - (a[2] + (b[2] - a[2]) * t)
        };
        self.points.windows(2).map(segment).fold(1e9, f32::min)
    }

    /// Distance in the profile's plane; outside the grid, a distance that is never more than the
    /// true one.
    pub fn distance(&self, x: f32, y: f32) -> f32 {
        let (u, v) = ((x - self.low[0]) / self.cell, (y - self.low[1]) / self.cell);
        let last = CELLS as f32 - 0.001;
        let (nu, nv) = (u.clamp(0.0, last), v.clamp(0.0, last));
        let near = self.read(nu, nv);
        if nu == u && nv == v {
            return near;
        }
        near.max(0.0).diagonal((u - nu).diagonal(v - nv) * self.cell)
    }

    /// The distance at a place in the grid, in cells.
    fn read(&self, u: f32, v: f32) -> f32 {
        let (column, row) = (u as usize, v as usize);
        let (u, v) = (u - column as f32, v - row as f32);
        let at = row * (CELLS + 1) + column;
        let along = |k: usize| self.grid[k] + (self.grid[k + 1] - self.grid[k]) * u;
        let (low, high) = (along(at), along(at + CELLS + 1));
        low + (high - low) * v
    }

    /// Distance to the profile turned about the vertical axis.
    pub fn lathe(&self, p: V3) -> f32 {
        self.distance(p.radius(), p.y)
    }
}

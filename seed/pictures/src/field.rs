//! Finding where a ray meets something.
//!
//! A coarse grid remembers the distance to the object around its nodes; far away the ray steps
//! through the grid and only close by are the exact shapes asked.

use rayon::prelude::*;

use crate::objects::Group;
use crate::vector::{V3, v3};

/// How many nodes the grid has, about.
const NODES: f32 = 1_500_000.0;
/// Nodes are filled in blocks of this many along each side.
const BLOCK: usize = 4;
const CLOSE: f32 = 0.0006;

/// A group of objects made ready for tracing.
pub struct Field<'a> {
    pub group: &'a Group,
    low: V3,
    high: V3,
    cell: f32,
    count: [usize; 3],
    grid: Vec<f32>,
}

impl<'a> Field<'a> {
    pub fn new(group: &'a Group) -> Field<'a> {
        let reach = group.reach;
        let low = v3(-reach.x - 0.03, -0.02, -reach.z - 0.03);
        let high = v3(reach.x + 0.03, reach.y + 0.03, reach.z + 0.03);
        let size = high - low;
        let cell = (size.x * size.y * size.z / NODES).cbrt();
        let count = [size.x, size.y, size.z].map(|s| (s / cell).ceil() as usize + 1);
        let mut field = Field { group, low, high, cell, count, grid: Vec::new() };
        let total = count[0] * count[1] * count[2];
        let blocks = count.map(|n| n.div_ceil(BLOCK));
        let coarse: Vec<f32> = (0..blocks[0] * blocks[1] * blocks[2])
            .into_par_iter()
            .map(|i| group.distance(field.block(i, blocks)))
            .collect();
        field.grid = (0..total)
            .into_par_iter()
            .map(|i| {
                let [x, y, z] = field.steps(i).map(|c| c / BLOCK);
                let block = (z * blocks[1] + y) * blocks[0] + x;
                let node = field.node(i);
                let lowest = coarse[block].abs() - (node - field.block(block, blocks)).len();
                if lowest > cell * 2.0 {
                    lowest.copysign(coarse[block])
                } else {
                    group.distance(node)
                }
            })
            .collect();
        field
    }

    fn steps(&self, i: usize) -> [usize; 3] {
        let [nx, ny, _] = self.count;
        [i % nx, i / nx % ny, i / nx / ny]
    }

    fn node(&self, i: usize) -> V3 {
        let [x, y, z] = self.steps(i);
        self.low + v3(x as f32, y as f32, z as f32) * self.cell
    }

    /// The middle of a block of nodes.
    fn block(&self, i: usize, blocks: [usize; 3]) -> V3 {
        let steps = [i % blocks[0], i / blocks[0] % blocks[1], i / blocks[0] / blocks[1]];
        let [x, y, z] = steps.map(|c| (c * BLOCK) as f32 + (BLOCK - 1) as f32 * 0.5);
        self.low + v3(x, y, z) * self.cell
    }

    /// Grid nodes on or next to the surface: enough to know the object's extent.
    pub fn outline(&self) -> Vec<V3> {
        let near = |i: &usize| self.grid[*i].abs() < self.cell * 0.5;
        (0..self.grid.len()).filter(near).map(|i| self.node(i)).collect()
    }

    /// About how far `p` is from the object, also outside the grid.
    pub fn clearance(&self, p: V3) -> f32 {
        let inside = p.zip(self.low, f32::max).zip(self.high, f32::min);
        (self.bound(inside).max(0.0).powi(2) + (p - inside).dot(p - inside)).sqrt()
    }

    /// A distance that is never more than the true one, exact when small.
    fn bound(&self, p: V3) -> f32 {
        let q = ((p - self.low) / self.cell).map(|c| c.max(0.0));
        let [nx, ny, nz] = self.count;
        let x = (q.x as usize).min(nx - 2);
        let y = (q.y as usize).min(ny - 2);
        let z = (q.z as usize).min(nz - 2);
        let (u, v, w) = (q.x - x as f32, q.y - y as f32, q.z - z as f32);
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let row = |i: usize| mix(self.grid[i], self.grid[i + 1], u);
        let face = |i: usize| mix(row(i), row(i + nx), v);
        let at = (z * ny + y) * nx + x;
        let rough = mix(face(at), face(at + nx * ny), w) - self.cell * 0.35;
        if rough > self.cell * 0.5 { rough } else { self.group.distance(p) }
    }

    /// Where the ray is inside the bounding box.
    fn span(&self, from: V3, d: V3) -> Option<(f32, f32)> {
        let (mut near, mut far) = (0f32, f32::MAX);
        let axes = [
            (from.x, d.x, self.low.x, self.high.x),
            (from.y, d.y, self.low.y, self.high.y),
            (from.z, d.z, self.low.z, self.high.z),
        ];
        for (o, d, low, high) in axes {
            let inverse = 1.0 / if d.abs() < 1e-9 { 1e-9 } else { d };
            let (a, b) = ((low - o) * inverse, (high - o) * inverse);
            near = near.max(a.min(b));
            far = far.min(a.max(b));
        }
        (near < far).then_some((near, far))
    }

    /// The distance at which the ray first meets the object.
    pub fn hit(&self, from: V3, d: V3) -> Option<f32> {
        let (near, far) = self.span(from, d)?;
        let mut t = near;
        for _ in 0..220 {
            let gap = self.bound(from + d * t);
            if gap < CLOSE {
                return Some(t);
            }
            t += gap * 0.92;
            if t > far {
                return None;
            }
        }
        None
    }
}

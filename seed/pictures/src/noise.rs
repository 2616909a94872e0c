//! Random numbers and the noise that keeps surfaces from looking machine-made.

use crate::vector::{V3, v3};

/// What the first numbers of one sample are moved on by for the next, so that a pixel's samples
/// lie evenly: the powers of the root of x^7 = x + 1.
const STRIDES: [f32; 6] =
    [0.898_654_3, 0.807_579_6, 0.725_734_8, 0.652_184_7, 0.586_088_6, 0.526_691];

/// A small, fast, seedable generator (splitmix64).
pub struct Rng {
    state: u64,
    index: u32,
    /// How many of the evenly spread numbers are used up.
    spread: usize,
}

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng { state: seed, index: 0, spread: STRIDES.len() }
    }

    /// For sample number `index` of those that share `seed`: its first numbers are spread evenly
    /// over what the other samples get.
    pub fn sample(seed: u64, index: u32) -> Rng {
        Rng { state: seed, index, spread: 0 }
    }

    /// The next number in 0..1.
    pub fn unit(&mut self) -> f32 {
        if self.spread == STRIDES.len() {
            return self.random();
        }
        let moved = self.random() + self.index as f32 * STRIDES[self.spread];
        self.spread += 1;
        if self.spread == STRIDES.len() {
            self.state =
                self.state.wrapping_add(u64::from(self.index).wrapping_mul(0xA24B_AED4_963E_E407));
        }
        moved - moved.floor()
    }

    fn random(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f32 / 16_777_216.0
    }
}

/// A number in 0..1 belonging to a lattice point.
pub fn hash(x: i32, y: i32, z: i32) -> f32 {
    let mut n = x
        .wrapping_mul(374_761_393)
        .wrapping_add(y.wrapping_mul(668_265_263))
        .wrapping_add(z.wrapping_mul(1_440_662_683)) as u32;
    n = (n ^ (n >> 13)).wrapping_mul(1_274_126_177);
    n = (n ^ (n >> 15)).wrapping_mul(2_246_822_519);
    ((n ^ (n >> 16)) & 0xff_ffff) as f32 / 16_777_215.0
}

/// Smooth value noise in 0..1.
pub fn noise(p: V3) -> f32 {
    let floor = |c: f32| c as i32 - i32::from(c < (c as i32) as f32);
    let (x, y, z) = (floor(p.x), floor(p.y), floor(p.z));
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v, w) = (smooth(p.x - x as f32), smooth(p.y - y as f32), smooth(p.z - z as f32));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |y, z| mix(hash(x, y, z), hash(x + 1, y, z), u);
    let face = |z| mix(row(y, z), row(y + 1, z), v);
    mix(face(z), face(z + 1), w)
}

/// Four octaves of [`noise`], about 0..0.94 with mean 0.47.
pub fn fbm(p: V3) -> f32 {
    noise(p) * 0.5 + noise(p * 2.03) * 0.25 + noise(p * 4.1) * 0.125 + noise(p * 8.2) * 0.0625
}

/// Iron specks as in stoneware glaze: 0 between them, 1 in their middle.
pub fn speckle(p: V3, scale: f32, density: f32) -> f32 {
    let q = p * scale;
    let (x, y, z) = (q.x.floor() as i32, q.y.floor() as i32, q.z.floor() as i32);
    let mut most = 0f32;
    for i in 0..27 {
        let (a, b, c) = (x + i % 3 - 1, y + i / 3 % 3 - 1, z + i / 9 - 1);
        if hash(a, b, c) < density {
            let offset = v3(hash(a + 71, b, c), hash(a, b + 73, c), hash(a, b, c + 79));
            let centre = v3(a as f32, b as f32, c as f32) + offset;
            let size = hash(a + 31, b + 57, c + 91);
            let r = 0.10 + 0.32 * size * size;
            let d = (q - centre).len();
            if d < r {
                most = most.max(((r - d) / r * 2.5).min(1.0));
            }
        }
    }
    most
}

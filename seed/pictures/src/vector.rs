//! Three floats and the arithmetic on them; used for points, directions and linear colours alike.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A point, a direction or a linear-light colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct V3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

/// Shorthand constructor.
pub const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl V3 {
    pub const ZERO: V3 = v3(0.0, 0.0, 0.0);
    pub const ONE: V3 = v3(1.0, 1.0, 1.0);
    pub const UP: V3 = v3(0.0, 1.0, 0.0);

    pub fn dot(self, o: V3) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    pub fn cross(self, o: V3) -> V3 {
        v3(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }

    pub fn len(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub fn norm(self) -> V3 {
        self * (1.0 / self.len().max(1e-9))
    }

    pub fn lerp(self, o: V3, t: f32) -> V3 {
        self * (1.0 - t) + o * t
    }

    /// Distance from the vertical axis.
    pub fn radius(self) -> f32 {
        self.x.diagonal(self.z)
    }

    /// Perceived brightness of a linear colour.
    pub fn luma(self) -> f32 {
        0.2126 * self.x + 0.7152 * self.y + 0.0722 * self.z
    }

    pub fn min_each(self, top: f32) -> V3 {
        v3(self.x.min(top), self.y.min(top), self.z.min(top))
    }

    pub fn map(self, f: impl Fn(f32) -> f32) -> V3 {
        v3(f(self.x), f(self.y), f(self.z))
    }

    /// Each coordinate put together with the other's.
    pub fn zip(self, o: V3, f: impl Fn(f32, f32) -> f32) -> V3 {
        v3(f(self.x, o.x), f(self.y, o.y), f(self.z, o.z))
    }

    /// Turned about the vertical axis.
    pub fn turn_y(self, angle: f32) -> V3 {
        let (s, c) = angle.sin_cos();
        v3(c * self.x - s * self.z, self.y, s * self.x + c * self.z)
    }

    /// Turned about the x axis (positive leans the top towards +z).
    pub fn turn_x(self, angle: f32) -> V3 {
        let (s, c) = angle.sin_cos();
        v3(self.x, c * self.y - s * self.z, s * self.y + c * self.z)
    }
}

impl Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        v3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl AddAssign for V3 {
    fn add_assign(&mut self, o: V3) {
        *self = *self + o;
    }
}

impl Sub for V3 {
    type Output = V3;
    fn sub(self, o: V3) -> V3 {
        v3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for V3 {
    type Output = V3;
    fn mul(self, o: f32) -> V3 {
        v3(self.x * o, self.y * o, self.z * o)
    }
}

impl Mul for V3 {
    type Output = V3;
    fn mul(self, o: V3) -> V3 {
        v3(self.x * o.x, self.y * o.y, self.z * o.z)
    }
}

impl Div<f32> for V3 {
    type Output = V3;
    fn div(self, o: f32) -> V3 {
        self * (1.0 / o)
    }
}

impl Neg for V3 {
    type Output = V3;
    fn neg(self) -> V3 {
        v3(-self.x, -self.y, -self.z)
    }
}

/// The length of two legs' hypotenuse, without the standard library's care for huge numbers,
/// which costs a fifth of the whole rendering.
pub trait Diagonal {
    fn diagonal(self, other: f32) -> f32;
}

impl Diagonal for f32 {
    #[inline]
    fn diagonal(self, other: f32) -> f32 {
        (self * self + other * other).sqrt()
    }
}

/// Two directions that complete `n` to an orthonormal basis.
pub fn basis(n: V3) -> (V3, V3) {
    let s = 1f32.copysign(n.z);
    let a = -1.0 / (s + n.z);
    let b = n.x * n.y * a;
    (v3(1.0 + s * n.x * n.x * a, s * b, -s * n.x), v3(b, s + n.y * n.y * a, -n.y))
}

/// Linear colour of `#rrggbb`; `None` when it is not one.
pub fn hex(text: &str) -> Option<V3> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    if digits.len() != 6 {
        return None;
    }
    let n = u32::from_str_radix(digits, 16).ok()?;
    let channel = |shift: u32| {
        let c = ((n >> shift) & 255) as f32 / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    Some(v3(channel(16), channel(8), channel(0)))
}

/// The 8-bit sRGB value of one linear channel, with `dither` in 0..1 deciding the rounding.
pub fn srgb(linear: f32, dither: f32) -> u8 {
    let c =
        if linear <= 0.0031308 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (c * 255.0 + dither).clamp(0.0, 255.0) as u8
}

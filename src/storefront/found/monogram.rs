//! A sign for every shop: the first letter of its name, drawn with strokes of one width. Pure.
//!
//! No font is needed, so the sign is the same everywhere. A letter is a path of lines and cubic
//! curves in a square of 100 units; the same path becomes the SVG and, drawn here, the pixels.

use crate::platform::render::tokens::Colour;

/// Width of a stroke, in units.
const STROKE: i64 = 15;
/// Straight pieces a curve is drawn with.
const PIECES: i64 = 16;
/// Parts of a pixel that positions are counted in.
const FINE: i64 = 64;

/// Where no letter is known: a bag.
const BAG: &str = "M14 30 L86 30 L78 100 L22 100 L14 30 M32 48 L32 26 C32 10 40 0 50 0 \
                   C60 0 68 10 68 26 L68 48";

const LETTERS: &[(char, &str)] = &[
    ('a', "M10 100 L50 0 L90 100 M25 66 L75 66"),
    (
        'b',
        "M20 0 L20 100 L54 100 C72 100 82 90 82 74 C82 58 72 48 54 48 L20 48 M54 48 \
           C68 48 77 39 77 24 C77 9 68 0 52 0 L20 0",
    ),
    ('c', "M86 18 C78 6 66 0 52 0 C26 0 12 22 12 50 C12 78 26 100 52 100 C66 100 78 94 86 82"),
    ('d', "M20 0 L20 100 L46 100 C72 100 86 80 86 50 C86 20 72 0 46 0 L20 0"),
    ('e', "M80 0 L24 0 L24 100 L80 100 M24 49 L72 49"),
    ('f', "M80 0 L26 0 L26 100 M26 50 L72 50"),
    (
        'g',
        "M86 18 C78 6 66 0 52 0 C26 0 12 22 12 50 C12 78 26 100 52 100 C70 100 88 90 88 68 \
           L88 54 L58 54",
    ),
    ('h', "M18 0 L18 100 M82 0 L82 100 M18 49 L82 49"),
    ('i', "M50 0 L50 100"),
    ('j', "M66 0 L66 70 C66 90 56 100 42 100 C30 100 22 94 16 84"),
    ('k', "M22 0 L22 100 M82 0 L22 58 M44 38 L84 100"),
    ('l', "M28 0 L28 100 L80 100"),
    ('m', "M12 100 L12 0 L50 66 L88 0 L88 100"),
    ('n', "M18 100 L18 0 L82 100 L82 0"),
    ('o', "M50 0 C22 0 8 22 8 50 C8 78 22 100 50 100 C78 100 92 78 92 50 C92 22 78 0 50 0"),
    ('p', "M22 100 L22 0 L54 0 C72 0 82 11 82 28 C82 45 72 56 54 56 L22 56"),
    (
        'q',
        "M50 0 C22 0 8 22 8 50 C8 78 22 100 50 100 C78 100 92 78 92 50 C92 22 78 0 50 0 \
           M62 72 L90 104",
    ),
    ('r', "M22 100 L22 0 L54 0 C72 0 82 10 82 27 C82 44 72 54 54 54 L22 54 M52 54 L84 100"),
    (
        's',
        "M80 16 C74 6 64 0 50 0 C32 0 20 10 20 25 C20 40 32 45 50 49 C70 53 82 60 82 75 \
           C82 90 70 100 50 100 C34 100 22 93 16 82",
    ),
    ('t', "M10 0 L90 0 M50 0 L50 100"),
    ('u', "M16 0 L16 62 C16 86 30 100 50 100 C70 100 84 86 84 62 L84 0"),
    ('v', "M12 0 L50 100 L88 0"),
    ('w', "M2 0 L26 100 L50 24 L74 100 L98 0"),
    ('x', "M14 0 L86 100 M86 0 L14 100"),
    ('y', "M12 0 L50 54 L88 0 M50 54 L50 100"),
    ('z', "M16 0 L84 0 L16 100 L84 100"),
    ('0', "M50 0 C28 0 18 22 18 50 C18 78 28 100 50 100 C72 100 82 78 82 50 C82 22 72 0 50 0"),
    ('1', "M28 22 L54 0 L54 100"),
    ('2', "M18 26 C20 10 32 0 50 0 C68 0 80 11 80 27 C80 44 66 56 50 68 L18 100 L84 100"),
    (
        '3',
        "M18 14 C24 5 36 0 48 0 C66 0 78 9 78 25 C78 40 66 48 46 48 C68 48 82 58 82 74 \
           C82 90 68 100 48 100 C34 100 22 95 15 85",
    ),
    ('4', "M66 100 L66 0 L14 70 L88 70"),
    (
        '5',
        "M76 0 L26 0 L22 46 C30 40 40 37 50 37 C70 37 82 50 82 68 C82 87 68 100 48 100 \
           C34 100 22 95 16 86",
    ),
    (
        '6',
        "M74 4 C46 10 18 36 18 68 C18 88 32 100 50 100 C68 100 82 88 82 68 C82 50 68 38 50 38 \
           C34 38 22 48 18 62",
    ),
    ('7', "M14 0 L84 0 L42 100"),
    (
        '8',
        "M50 48 C30 48 20 38 20 24 C20 10 32 0 50 0 C68 0 80 10 80 24 C80 38 70 48 50 48 \
           C28 48 16 58 16 74 C16 90 30 100 50 100 C70 100 84 90 84 74 C84 58 72 48 50 48",
    ),
    (
        '9',
        "M26 96 C54 90 82 64 82 32 C82 12 68 0 50 0 C32 0 18 12 18 32 C18 50 32 62 50 62 \
           C66 62 78 52 82 38",
    ),
];

/// A position in fine parts.
type Point = (i64, i64);

/// The sign of a shop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Monogram {
    path: &'static str,
    /// The ground.
    pub(super) ground: Colour,
    /// The letter.
    pub(super) ink: Colour,
}

impl Monogram {
    /// The sign for a name; `folded` has small letters without accents.
    pub(super) fn of(folded: &str, ground: Colour, ink: Colour) -> Self {
        let first = folded.chars().find(|c| c.is_alphanumeric());
        let known = LETTERS.iter().find(|(letter, _)| Some(*letter) == first);
        Self { path: known.map_or(BAG, |(_, path)| path), ground, ink }
    }

    /// The sign as a drawing, 100 units with a rounded ground.
    pub(super) fn svg(&self) -> String {
        let hex = |[r, g, b]: Colour| format!("#{r:02X}{g:02X}{b:02X}");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\">\
             <rect width=\"100\" height=\"100\" rx=\"24\" fill=\"{}\"/>\
             <path transform=\"translate(25 25) scale(.5)\" d=\"{}\" fill=\"none\" stroke=\"{}\" \
             stroke-width=\"{STROKE}\" stroke-linecap=\"round\" \
             stroke-linejoin=\"round\"/></svg>\n",
            hex(self.ground),
            self.path,
            hex(self.ink)
        )
    }

    /// The sign as `side` × `side` pixels of red, green, blue and opacity. The letter is
    /// `percent` of the side high; `rounded` leaves the corners of the ground out.
    pub(super) fn pixels(&self, side: u32, percent: i64, rounded: bool) -> Vec<u8> {
        let wide = i64::from(side) * FINE;
        let scale = |unit: i64| unit * wide * percent / 10_000;
        let from = (wide - scale(100)) / 2;
        let mut cover = vec![0_u8; (side * side) as usize];
        for line in lines(self.path) {
            let place = |(x, y): Point| (from + scale(x) / FINE, from + scale(y) / FINE);
            draw(&mut cover, side, (place(line.0), place(line.1)), scale(STROKE) / 2);
        }
        let [r, g, b] = self.ground;
        let mut out = [r, g, b, 255].repeat(cover.len());
        for (at, cover) in cover.into_iter().enumerate().filter(|(_, cover)| *cover > 0) {
            for (ground, ink) in out[at * 4..].iter_mut().zip(self.ink) {
                *ground = mixed(*ground, ink, cover);
            }
        }
        if rounded {
            round(&mut out, side as usize, wide * 24 / 100);
        }
        out
    }
}

fn mixed(ground: u8, ink: u8, cover: u8) -> u8 {
    let (ground, ink, cover) = (u32::from(ground), u32::from(ink), u32::from(cover));
    u8::try_from((ground * (255 - cover) + ink * cover) / 255).unwrap_or(255)
}

/// Leaves out what lies beyond the four round corners, which mirror each other.
fn round(pixels: &mut [u8], side: usize, radius: i64) {
    let middle = |(pixel, place)| (pixel, place * FINE + FINE / 2);
    let middles = || (0..side).zip(0..).map(middle).take_while(|(_, middle)| *middle < radius);
    for (row, y) in middles() {
        for (column, x) in middles() {
            let (dx, dy) = (radius - x, radius - y);
            let opacity = covered(radius - (dx * dx + dy * dy).isqrt());
            for row in [row, side - 1 - row] {
                for column in [column, side - 1 - column] {
                    pixels[(row * side + column) * 4 + 3] = opacity;
                }
            }
        }
    }
}

/// How much of a pixel lies inside an edge that its middle is `inside` fine parts away from.
fn covered(inside: i64) -> u8 {
    u8::try_from(((inside + FINE / 2) * 255 / FINE).clamp(0, 255)).unwrap_or(0)
}

/// Draws a line with round ends; `half` is half its width.
fn draw(cover: &mut [u8], side: u32, (a, b): (Point, Point), half: i64) {
    let last = i64::from(side) - 1;
    let pixels = |low: i64, high: i64| {
        ((low - half) / FINE - 1).clamp(0, last)..=((high + half) / FINE + 1).clamp(0, last)
    };
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length2 = dx * dx + dy * dy;
    let beyond2 = (half + FINE / 2).pow(2);
    for row in pixels(a.1.min(b.1), a.1.max(b.1)) {
        for column in pixels(a.0.min(b.0), a.0.max(b.0)) {
            let (x, y) = (column * FINE + FINE / 2 - a.0, row * FINE + FINE / 2 - a.1);
            let along = (x * dx + y * dy).clamp(0, length2);
            let distance2 = if along == 0 {
                x * x + y * y
            } else if along == length2 {
                (x - dx).pow(2) + (y - dy).pow(2)
            } else {
                (x * dy - y * dx).pow(2) / length2
            };
            if distance2 >= beyond2 {
                continue;
            }
            let at = usize::try_from(row * i64::from(side) + column).unwrap_or(0);
            if let Some(pixel) = cover.get_mut(at) {
                *pixel = (*pixel).max(covered(half - distance2.isqrt()));
            }
        }
    }
}

/// The straight pieces of a path, in fine parts of a unit.
fn lines(path: &str) -> Vec<(Point, Point)> {
    let mut out = Vec::new();
    let (mut mode, mut numbers, mut here) = (' ', Vec::new(), (0, 0));
    for word in path.split_ascii_whitespace() {
        let digits = word.trim_start_matches(['M', 'L', 'C']);
        if digits.len() < word.len() {
            mode = word.chars().next().unwrap_or(' ');
        }
        numbers.push(digits.parse::<i64>().unwrap_or(0) * FINE);
        match (mode, numbers.as_slice()) {
            ('M', [x, y]) => here = (*x, *y),
            ('L', [x, y]) => {
                out.push((here, (*x, *y)));
                here = (*x, *y);
            }
            ('C', [ax, ay, bx, by, x, y]) => {
                let curve = [here, (*ax, *ay), (*bx, *by), (*x, *y)];
                for piece in 1..=PIECES {
                    let next = on_curve(curve, piece);
                    out.push((here, next));
                    here = next;
                }
            }
            _ => continue,
        }
        numbers.clear();
    }
    out
}

fn on_curve(curve: [Point; 4], piece: i64) -> Point {
    let left = PIECES - piece;
    let weights = [left.pow(3), 3 * left.pow(2) * piece, 3 * left * piece.pow(2), piece.pow(3)];
    let sum = |pick: fn(Point) -> i64| {
        let points = curve.map(pick);
        points.iter().zip(weights).map(|(p, weight)| p * weight).sum::<i64>() / PIECES.pow(3)
    };
    (sum(|point| point.0), sum(|point| point.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_drawn_and_stays_on_its_ground() {
        let (ground, ink) = ([255, 0, 0], [0, 0, 255]);
        let names = LETTERS.iter().map(|(letter, _)| letter.to_string()).chain(["…".to_owned()]);
        for name in names {
            let pixels = Monogram::of(&name, ground, ink).pixels(64, 50, true);
            let blue = pixels.chunks(4).filter(|p| p[2] == 255).count();
            assert!((60..1500).contains(&blue), "{name}: {blue} pixels of ink");
            assert_eq!(pixels[..4], [255, 0, 0, 0], "{name}: the corner is rounded off");
            let rim = pixels.chunks(4).take(64 * 12).all(|p| p[2] == 0);
            assert!(rim, "{name}: ink at the rim");
        }
    }
}

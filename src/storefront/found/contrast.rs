//! Whether people can read what is set in the colours of the style sheet. Pure.
//!
//! The rule is WCAG 2.2's contrast ratio, computed in whole numbers: luminance in parts per
//! million, ratios in thousandths.

use crate::platform::render::tokens::{Colour, Tokens};

/// Least ratio of text to its ground, in thousandths (WCAG 2.2, 1.4.3).
pub(super) const RATIO_MIN: u32 = 4500;

/// Least ratio of what must be seen but not read, such as the edge of a field (WCAG 2.2, 1.4.11).
const EDGE_MIN: u32 = 3000;

/// Text colours, each read on every ground.
const TEXTS: [&str; 7] = ["ink", "ink-2", "accent", "ok", "warn", "bad", "info"];
/// Edges of fields and buttons, seen on every ground.
const EDGE: &str = "line-2";
const GROUNDS: [&str; 4] = ["paper", "surface", "sunken", "quiet"];

/// Pairs of colours that are too close, each in words: scheme, pair, ratio and least ratio.
#[must_use]
pub fn faint(tokens: &Tokens) -> Vec<String> {
    let texts = TEXTS.iter().flat_map(|text| GROUNDS.iter().map(|g| (*text, *g, RATIO_MIN)));
    let edges = GROUNDS.iter().map(|g| (EDGE, *g, EDGE_MIN));
    let pairs: Vec<_> = texts.chain(edges).chain([("on-accent", "accent", RATIO_MIN)]).collect();
    let mut found = Vec::new();
    for (scheme, is_dark) in [("light", false), ("dark", true)] {
        let colour = |name| if is_dark { tokens.dark(name) } else { tokens.light(name) };
        for (text, ground, least) in &pairs {
            let (Some(a), Some(b)) = (colour(text), colour(ground)) else { continue };
            let ratio = ratio(a, b);
            if ratio < *least {
                found.push(format!(
                    "--{text} on --{ground} in the {scheme} scheme has a contrast of {}.{:02}; \
                     {} needs {}.{}",
                    ratio / 1000,
                    ratio % 1000 / 10,
                    if *least == EDGE_MIN { "an edge" } else { "text" },
                    least / 1000,
                    least % 1000 / 100
                ));
            }
        }
    }
    found
}

/// The contrast ratio of two colours, in thousandths.
pub(super) fn ratio(a: Colour, b: Colour) -> u32 {
    let (a, b) = (luminance(a), luminance(b));
    let (bright, dark) = (a.max(b), a.min(b));
    u32::try_from((bright + 50_000) * 1000 / (dark + 50_000)).unwrap_or(0)
}

/// Relative luminance in parts per million.
fn luminance(colour: Colour) -> u64 {
    let [r, g, b] = colour.map(|channel| u64::from(LINEAR_PPM[usize::from(channel)]));
    (r * 212_600 + g * 715_200 + b * 72_200) / 1_000_000
}

/// An sRGB channel as light, in parts per million: `((c / 255 + 0.055) / 1.055) ^ 2.4`.
const LINEAR_PPM: [u32; 256] = [
    0, 304, 607, 911, 1_214, 1_518, 1_821, 2_125, 2_428, 2_732, 3_035, 3_347, 3_677, 4_025, 4_391,
    4_777, 5_182, 5_605, 6_049, 6_512, 6_995, 7_499, 8_023, 8_568, 9_134, 9_721, 10_330, 10_960,
    11_612, 12_286, 12_983, 13_702, 14_444, 15_209, 15_996, 16_807, 17_642, 18_500, 19_382, 20_289,
    21_219, 22_174, 23_153, 24_158, 25_187, 26_241, 27_321, 28_426, 29_557, 30_713, 31_896, 33_105,
    34_340, 35_601, 36_889, 38_204, 39_546, 40_915, 42_311, 43_735, 45_186, 46_665, 48_172, 49_707,
    51_269, 52_861, 54_480, 56_128, 57_805, 59_511, 61_246, 63_010, 64_803, 66_626, 68_478, 70_360,
    72_272, 74_214, 76_185, 78_187, 80_220, 82_283, 84_376, 86_500, 88_656, 90_842, 93_059, 95_307,
    97_587, 99_899, 102_242, 104_616, 107_023, 109_462, 111_932, 114_435, 116_971, 119_538,
    122_139, 124_772, 127_438, 130_136, 132_868, 135_633, 138_432, 141_263, 144_128, 147_027,
    149_960, 152_926, 155_926, 158_961, 162_029, 165_132, 168_269, 171_441, 174_647, 177_888,
    181_164, 184_475, 187_821, 191_202, 194_618, 198_069, 201_556, 205_079, 208_637, 212_231,
    215_861, 219_526, 223_228, 226_966, 230_740, 234_551, 238_398, 242_281, 246_201, 250_158,
    254_152, 258_183, 262_251, 266_356, 270_498, 274_677, 278_894, 283_149, 287_441, 291_771,
    296_138, 300_544, 304_987, 309_469, 313_989, 318_547, 323_143, 327_778, 332_452, 337_164,
    341_914, 346_704, 351_533, 356_400, 361_307, 366_253, 371_238, 376_262, 381_326, 386_429,
    391_572, 396_755, 401_978, 407_240, 412_543, 417_885, 423_268, 428_690, 434_154, 439_657,
    445_201, 450_786, 456_411, 462_077, 467_784, 473_531, 479_320, 485_150, 491_021, 496_933,
    502_886, 508_881, 514_918, 520_996, 527_115, 533_276, 539_479, 545_724, 552_011, 558_340,
    564_712, 571_125, 577_580, 584_078, 590_619, 597_202, 603_827, 610_496, 617_207, 623_960,
    630_757, 637_597, 644_480, 651_406, 658_375, 665_387, 672_443, 679_542, 686_685, 693_872,
    701_102, 708_376, 715_694, 723_055, 730_461, 737_910, 745_404, 752_942, 760_525, 768_151,
    775_822, 783_538, 791_298, 799_103, 806_952, 814_847, 822_786, 830_770, 838_799, 846_873,
    854_993, 863_157, 871_367, 879_622, 887_923, 896_269, 904_661, 913_099, 921_582, 930_111,
    938_686, 947_307, 955_973, 964_686, 973_445, 982_251, 991_102, 1_000_000,
];

#[cfg(test)]
mod tests {
    use super::*;

    // N21: contrast is computed, not guessed.
    #[test]
    fn ratios_are_those_of_wcag() {
        assert_eq!(ratio([0, 0, 0], [255, 255, 255]), 21_000);
        assert_eq!(ratio([119, 119, 119], [255, 255, 255]), 4478);
        assert_eq!(ratio([1, 2, 3], [1, 2, 3]), 1000);
    }

    #[test]
    fn faint_tokens_are_named() {
        let css = "/* :root { --ink: #fff } */ :root { --ink: #111; --paper: #FFFFFF }
            @media (min-width: 1px) { :root { --head: 1px } }
            @media (prefers-color-scheme: dark) { :root { --ink: #777777; --paper: #000 } }
            @media print { :root { --ink: #fff } } .x { --ink: #eee }";
        let tokens = Tokens::read(css);
        assert!(faint(&tokens).is_empty());
        let faded = Tokens::read(&css.replace("#777777", "#666"));
        assert_eq!(
            faint(&faded),
            ["--ink on --paper in the dark scheme has a contrast of 3.65; text needs 4.5"]
        );
        let edge = css.replacen("--ink: #111", "--ink: #111; --line-2: #aaa", 1);
        assert_eq!(
            faint(&Tokens::read(&edge)),
            ["--line-2 on --paper in the light scheme has a contrast of 2.32; an edge needs 3.0"]
        );
    }
}

//! Changes bytes the way carelessness and malice do: flips, cuts, repeats, swaps with other seeds,
//! and words that mean something to the reader.

use kiosk::base::Randomness;

/// Longest input made, in bytes.
const LONGEST: usize = 8 * 1024;
/// Pieces that readers treat in a special way.
const WORDS: [&[u8]; 28] = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[",
    b"\"\"\"",
    b"=",
    b",",
    b"\n",
    b"\r\n",
    b"-1",
    b"0",
    b"9223372036854775808",
    b"1e309",
    b"NaN",
    b"null",
    b"true",
    b"<script>",
    b"javascript:",
    b"&#60;",
    "\u{202e}\u{0301}\u{fffd}".as_bytes(),
];

fn at(random: &Randomness, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap()
}

/// One of the seeds, changed a few times; now and then as it is.
pub fn mutated(random: &Randomness, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[at(random, seeds.len())].clone();
    for _ in 0..random.below(8) {
        change(random, seeds, &mut bytes);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(random: &Randomness, seeds: &[Vec<u8>], bytes: &mut Vec<u8>) {
    let here = at(random, bytes.len() + 1);
    let there = here + at(random, bytes.len() + 1 - here);
    match random.below(8) {
        0 if here < bytes.len() => bytes[here] ^= 1 << random.below(8),
        1 if here < bytes.len() => bytes[here] = random.bytes::<1>()[0],
        2 => drop(bytes.drain(here..there)),
        3 => {
            let piece = bytes[here..there].repeat(1 + at(random, 4));
            bytes.splice(here..here, piece);
        }
        4 => {
            let other = &seeds[at(random, seeds.len())];
            let from = at(random, other.len() + 1);
            let until = from + at(random, other.len() + 1 - from);
            bytes.splice(here..there, other[from..until].iter().copied());
        }
        5 => bytes.truncate(here),
        _ => {
            let word = WORDS[at(random, WORDS.len())];
            let times = if random.below(16) == 0 { 300 } else { 1 };
            bytes.splice(here..here, word.repeat(times));
        }
    }
}

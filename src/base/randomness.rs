//! Randomness as a value: the system's, or a sequence that one number replays exactly.

use std::sync::{Arc, Mutex, PoisonError};

/// Where random bytes come from.
#[derive(Clone, Debug, Default)]
pub enum Randomness {
    /// The operating system's cryptographic source.
    #[default]
    System,
    /// `SplitMix64` from a seed: for tests and seeds, never for a running shop.
    Seeded(Arc<Mutex<u64>>),
}

impl Randomness {
    /// A replayable sequence.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(seed)))
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness to give; a shop cannot run safely without.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0u8; N];
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one caller of the source")]
            Self::System => getrandom::fill(&mut out).expect("the system gives randomness"),
            Self::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for chunk in out.chunks_mut(8) {
                    let bytes = next(&mut state).to_le_bytes();
                    chunk.copy_from_slice(&bytes[..chunk.len()]);
                }
            }
        }
        out
    }

    /// A number below `bound` (0 when `bound` is 0).
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { u64::from_le_bytes(self.bytes::<8>()) % bound }
    }
}

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

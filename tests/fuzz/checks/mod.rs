//! Properties that hold for any input. The fuzz targets generate inputs; the test `corpus` runs those in `corpus/`.

mod decoder;
mod event;
mod loopback;
mod pretty;
mod retry_after;
mod session;
mod transcript;

pub use decoder::decoder;
pub use event::event;
pub use pretty::{pretty, pretty_codex, pretty_gemini, pretty_opencode};
pub use retry_after::retry_after;
pub use session::session;
pub use transcript::transcript;

/// Returns the lengths of chunks for a seed, each 1 to 16 bytes.
fn lengths(seed: u8) -> impl Iterator<Item = usize> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&u32::from(seed)), next).map(|state| (state >> 28) as usize + 1)
}

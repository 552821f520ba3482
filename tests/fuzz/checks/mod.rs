//! What must hold for any input. The fuzz targets make up inputs; the test beside them runs those of `corpus/`.

mod decoder;
mod event;
mod loopback;
mod pretty;
mod retry_after;
mod session;

pub use decoder::decoder;
pub use event::event;
pub use pretty::{pretty, pretty_codex, pretty_gemini, pretty_opencode};
pub use retry_after::retry_after;
pub use session::session;

/// The lengths of the chunks that a seed stands for: each of 1 to 16 bytes.
fn lengths(seed: u8) -> impl Iterator<Item = usize> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&u32::from(seed)), next).map(|state| (state >> 28) as usize + 1)
}

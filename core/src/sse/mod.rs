//! Server-Sent Events after the HTML Living Standard, section 9.2, for any server.
//!
//! [`Decoder`] turns bytes into [`Frame`]s. It does no I/O and knows nothing of AoD: feed it the chunks of a response
//! body as they come, in any slices, and take the frames out.

mod decoder;

pub use decoder::{DecodeError, Decoder, Frame, MAX_EVENT_SIZE};

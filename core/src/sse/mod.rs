//! Server-Sent Events after the HTML Living Standard, section 9.2, for any server.
//!
//! Two layers, each usable alone, and neither knows of AoD:
//!
//! - [`Decoder`] turns bytes into [`Frame`]s. It does no I/O: feed it the chunks of a response body as they come, in
//!   any slices, and take the frames out.
//! - [`EventSource`] yields [`Event`]s across connections that drop. It gets them from whatever implements
//!   [`Connect`]: [`HttpConnect`] for a URL, or a closure over another HTTP client.

mod connect;
mod decoder;
mod http;
mod link;
mod reconnect;
mod silence;
mod source;
mod state;

pub use connect::{Connect, Connection};
pub use decoder::{DecodeError, Decoder, Frame, MAX_EVENT_SIZE};
pub use http::HttpConnect;
pub use link::CancelHandle;
pub use reconnect::Reconnect;
pub use source::{Event, EventSource};
pub use state::ConnectionState;

pub(crate) use source::Taken;
pub(crate) use state::Observer;

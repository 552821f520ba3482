//! Server-Sent Events according to the HTML Living Standard, section 9.2, for any server and any HTTP client.
//!
//! Two layers, each useful alone:
//!
//! - [`Decoder`] turns bytes into [`Frame`]s. It does no I/O: feed it the chunks of a response body as they arrive, cut
//!   anywhere, and take the frames out.
//! - [`EventSource`] yields [`Event`]s across connections that drop. Its connections come from a [`Connect`]
//!   implementation, such as a closure over an HTTP client.

mod connect;
mod decoder;
mod error;
mod idle_timer;
mod reconnect;
mod shared_connection;
mod source;
mod state;

pub use connect::{Attempt, Connect, Connection};
pub use decoder::{DecodeError, Decoder, Frame, MAX_EVENT_SIZE};
pub use error::{ConnectError, Error};
pub use reconnect::Reconnect;
pub use shared_connection::CancelHandle;
pub use source::{Disposition, Event, EventSource};
pub use state::{ConnectionState, Observer, ReadyState};

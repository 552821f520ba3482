//! What the whole-system tests and the fuzz targets share: servers that misbehave as a test says, a client that sends
//! exactly what it is given, and the files under `tests/data`.

mod data;
mod exchange;
pub mod raw;
mod scripted;
mod server;
mod time;

pub use data::{RecordedStream, data, recorded_exchanges, recorded_streams};
pub use exchange::{Exchange, Received};
pub use scripted::ScriptedServer;
pub use server::{ClosedPort, FakeServer};
pub use time::elapse;

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

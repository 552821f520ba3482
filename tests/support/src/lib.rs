//! Utilities of the system tests and fuzz targets: scripted servers, a raw HTTP client, and the files in `tests/data`.

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

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

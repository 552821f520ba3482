//! Server-Sent Events according to the HTML Living Standard, section 9.2, for any server and any HTTP client.
//!
//! Two layers, each useful alone:
//!
//! - [`Decoder`] turns bytes into [`Frame`]s. It does no I/O: feed it the chunks of a response body as they arrive, cut
//!   anywhere, and take the frames out.
//! - [`EventSource`] yields [`Event`]s across connections that drop. Its connections come from a [`Connect`]
//!   implementation, such as a closure over an HTTP client. A source needs a tokio runtime with the time driver
//!   enabled.
//!
//! See [Stream rules](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/).
//!
//! # The standard
//!
//! The [`Decoder`] follows the standard without exception, apart from the size limit. The [`EventSource`], and
//! `HttpConnect` of the crate `aod-sdk`, an HTTP connector, differ in these points:
//!
//! | Point | The standard | Here | How to follow the standard |
//! |---|---|---|---|
//! | delay before an attempt | the reconnection time, and optionally a backoff | random, up to 250 ms, doubling to 30 s; at least `retry`, between 100 ms and 10 min | `retry` from the server |
//! | failing connections | retried without a limit | given up after 10 min | [`Reconnect::never_give_up`] |
//! | idle connections | unspecified | kept; replaced with [`EventSource::idle_timeout`] | the default |
//! | errors | an `error` event for each lost connection | [`EventSource::on_state`]; one error at the end | |
//! | status 204 | fails like any status other than 200 | ends without an error | |
//! | other statuses | fail | fail; those chosen with [`Error::retryable`] or `HttpConnect::retryable_statuses` are retried | the default |
//! | `Retry-After` | unspecified | a minimum delay before the retry of a status; above 120 s, the source ends | [`Reconnect::max_retry_after`] |
//! | network changes | may end the delay before an attempt | with [`EventSource::network`]: reported by the program; no attempts while the network is unavailable | the default |
//! | events above 16 MiB | unlimited | an error | [`EventSource::max_event_size`] |
//! | redirects | followed to any origin, up to 20 | within the origin, up to 20; to another origin, an error | `HttpConnect::with_client`, with a client that follows redirects |
//! | content encodings | those of the HTTP client | requests `identity`, reads `gzip`; others are an error | |
//! | ids with control characters, which no header can hold | sent | an error | |

mod clock;
mod connect;
mod decoder;
mod error;
mod idle_timer;
mod network;
mod reconnect;
mod shared_connection;
mod source;
mod state;

pub use clock::Clock;
pub use connect::{Attempt, Connect, Connection};
pub use decoder::{DecodeError, Decoder, Frame, MAX_EVENT_SIZE};
pub use error::{ConnectError, Error};
pub use network::Network;
pub use reconnect::Reconnect;
pub use shared_connection::CancelHandle;
pub use source::{Disposition, Event, EventSource};
pub use state::{ConnectionState, Observer, ReadyState};

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

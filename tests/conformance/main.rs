//! Conformance of the decoder, the event source and the development server with the standard, its test cases, and
//! streams of real servers.

mod browser_cases;
mod cases;
mod decoder;
mod http_connect;
mod other_client;
mod recordings;
mod reference;
mod replay;
mod source;

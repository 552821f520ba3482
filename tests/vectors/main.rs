//! The decoder and the event source beside the standard: its cases, its own steps, and streams of real servers.

mod cases;
mod decoder;
mod recordings;
mod reference;
mod source;

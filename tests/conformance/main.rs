//! The decoder, the event source and the development server beside what they conform to: the standard, its cases and
//! its own steps, and streams of real servers.

mod cases;
mod decoder;
mod http_connect;
mod recordings;
mod reference;
mod replay;
mod source;

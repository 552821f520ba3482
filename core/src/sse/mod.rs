//! Server-Sent Events: a decoder without I/O.

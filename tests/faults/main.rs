//! Faults that a stream survives: each rule of reconnecting, and cuts and cancellation at any point.

mod chaos;
mod rules;

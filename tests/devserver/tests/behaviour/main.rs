//! Behaviour that the recordings do not cover: scripts, faults, the control interface, and generation 2026-06-25.

mod api;
mod control;
mod faults;
mod june25;
mod limits;
mod requests;
mod scripts;

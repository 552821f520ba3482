//! What the recordings do not show: scripts, faults, the control interface, and generation S2.

mod api;
mod control;
mod faults;
mod limits;
mod s2;
mod scripts;

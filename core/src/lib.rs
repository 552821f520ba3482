//! Client for the Agent on Demand (AoD) HTTP API.

pub mod models;
pub mod pretty;
pub mod sse;

//! The API: models, HTTP, every endpoint in every server generation, and recorded traffic.

mod endpoints;
mod http;
mod models;
mod recordings;

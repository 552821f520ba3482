//! The whole client against the development server, over sockets: every endpoint in every server generation, every
//! error a caller can meet, streams to each of their ends, and servers newer than this client.

mod agent_updates;
mod agents;
mod drift;
mod environments;
mod errors;
mod health;
mod live_streams;
mod pretty;
mod run_and_wait;
mod session_turns;
mod sessions;
mod sharing;
mod stream_contents;
mod streams;
mod world;

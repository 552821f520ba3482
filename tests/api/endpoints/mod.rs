//! The client with the development server over sockets: every endpoint in every server generation, every error that a
//! caller can receive, every end of a stream, and servers newer than this client.

mod agent_updates;
mod agents;
mod drift;
mod ensure;
mod environments;
mod errors;
mod health;
mod live_streams;
mod many_sessions;
mod observed_turns;
mod pretty;
mod run_and_wait;
mod session_turns;
mod sessions;
mod sharing;
mod spans;
mod stream_contents;
mod streams;
mod world;

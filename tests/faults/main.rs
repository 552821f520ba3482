//! What a stream survives: the rules of reconnecting one by one, and cuts and cancels anywhere.

mod chaos;
mod rules;

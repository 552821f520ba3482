//! Named holds: a script waits at one until it is released.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::clock::Time;

/// The released names with the times of their release, and the number of scripts that wait at each name.
pub(crate) struct Gates {
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    released: HashMap<String, Time>,
    waiting: HashMap<String, usize>,
}

impl Gates {
    pub(crate) fn new() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
        }
    }

    /// Releases a hold: scripts that wait at it continue, and scripts that reach it later do not wait.
    pub(crate) fn release(&self, name: &str, now: Time) {
        self.state.send_modify(|state| {
            state.released.insert(name.to_owned(), now);
        });
    }

    /// Makes scripts that reach a hold later wait again.
    pub(crate) fn close(&self, name: &str) {
        self.state.send_modify(|state| {
            state.released.remove(name);
        });
    }

    pub(crate) fn close_all(&self) {
        self.state.send_modify(|state| state.released.clear());
    }

    /// Waits until this name is released, and returns the time of the release, or `None` if the server is gone.
    pub(crate) async fn pass(&self, name: &str) -> Option<Time> {
        let _waiting = Waiting::at(self, name);
        let mut states = self.state.subscribe();
        let state = states
            .wait_for(|state| state.released.contains_key(name))
            .await;
        state.ok()?.released.get(name).copied()
    }

    /// Waits until a script waits at this name.
    pub(crate) async fn reached(&self, name: &str) {
        let mut states = self.state.subscribe();
        let _ = states
            .wait_for(|state| state.waiting.get(name).is_some_and(|waiting| *waiting > 0))
            .await;
    }
}

/// Counts a script as waiting until it is dropped.
struct Waiting<'a> {
    gates: &'a Gates,
    name: &'a str,
}

impl<'a> Waiting<'a> {
    fn at(gates: &'a Gates, name: &'a str) -> Self {
        gates.state.send_modify(|state| {
            *state.waiting.entry(name.to_owned()).or_default() += 1;
        });
        Self { gates, name }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.gates.state.send_modify(|state| {
            if let Some(waiting) = state.waiting.get_mut(self.name) {
                *waiting -= 1;
            }
        });
    }
}

//! Tool calls whose results are pending.

use std::collections::VecDeque;

use crate::output::lines::floor_char_boundary;

/// The maximum number of pending calls. Beyond it, the oldest one is discarded.
const MAX_CALLS: usize = 512;

/// The maximum size of an id or a name, in bytes; longer ones are truncated.
const MAX_LENGTH: usize = 256;

/// The ids and names of calls that have started and not ended.
#[derive(Default)]
pub(super) struct PendingToolCalls(VecDeque<(String, String)>);

impl PendingToolCalls {
    /// Adds a call. Returns `false` if it is already pending.
    pub(super) fn begin(&mut self, id: &str, name: &str) -> bool {
        if self.0.iter().any(|(known, _)| known == truncated(id)) {
            return false;
        }
        if self.0.len() == MAX_CALLS {
            self.0.pop_front();
        }
        self.0
            .push_back((truncated(id).to_owned(), truncated(name).to_owned()));
        true
    }

    /// Removes a call and returns its name; `None` if it is not pending.
    pub(super) fn end(&mut self, id: &str) -> Option<String> {
        let at = self
            .0
            .iter()
            .position(|(known, _)| known == truncated(id))?;
        self.0.remove(at).map(|(_, name)| name)
    }
}

fn truncated(text: &str) -> &str {
    &text[..floor_char_boundary(text, MAX_LENGTH)]
}

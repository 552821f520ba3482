//! The tool calls that wait for their results.

use std::collections::VecDeque;

use super::lines::floor_char_boundary;

/// Calls remembered at a time. The oldest is forgotten for another: its result would have come by then.
const CALLS: usize = 512;

/// Bytes of an id or a name that are remembered; no runtime's are that long.
const LENGTH: usize = 256;

/// The ids of calls that have begun and not ended, and what is known by them.
#[derive(Default)]
pub(super) struct PendingToolCalls(VecDeque<(String, String)>);

impl PendingToolCalls {
    /// Remembers a call. `false` if it was there already.
    pub(super) fn begin(&mut self, id: &str, name: &str) -> bool {
        if self.0.iter().any(|(known, _)| known == short(id)) {
            return false;
        }
        if self.0.len() == CALLS {
            self.0.pop_front();
        }
        self.0
            .push_back((short(id).to_owned(), short(name).to_owned()));
        true
    }

    /// Forgets a call, and gives its name; `None` if it was not there.
    pub(super) fn end(&mut self, id: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == short(id))?;
        self.0.remove(at).map(|(_, name)| name)
    }
}

fn short(text: &str) -> &str {
    &text[..floor_char_boundary(text, LENGTH)]
}

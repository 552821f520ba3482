//! The rows that a stream delivered, as far as they are remembered.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// The number of rows that are remembered from the beginning of the history, to recognize a server that starts over.
const FIRST: usize = 32;
/// The number of rows that are remembered from its end.
const LATEST: usize = 512;

/// The id of an event, and the hash of its text.
pub(super) type Row = (i64, u64);

/// The first and the latest rows that a stream delivered.
///
/// A server may repeat rows, and it may continue with other rows under lower ids, after its database was restored or
/// because another shard answers. A row with an id that was passed is a repeat if it is remembered with the same
/// content, or if rows with such ids are no longer remembered; otherwise the history of the server is another one.
#[derive(Debug, Default)]
pub(super) struct History {
    first: Vec<Row>,
    latest: VecDeque<Row>,
    /// The rows up to this id belong to an earlier stream.
    before: Option<i64>,
    /// The ids of rows that are no longer remembered.
    forgotten: Option<RangeInclusive<i64>>,
    /// The rows that were delivered before the history diverged, in the order of their ids.
    superseded: Vec<Row>,
}

impl History {
    /// Creates the history of a stream that starts after this id.
    pub(super) fn after(before: Option<i64>) -> Self {
        Self {
            before,
            ..Self::default()
        }
    }

    /// Returns whether a row is remembered.
    pub(super) fn contains(&self, row: Row) -> bool {
        self.first.contains(&row) || self.latest.contains(&row) || self.superseded.contains(&row)
    }

    /// Returns whether a row, whose id was passed, is a repeat or cannot be distinguished from one.
    pub(super) fn is_repeat(&self, row: Row) -> bool {
        self.before >= Some(row.0)
            || matches!(&self.forgotten, Some(ids) if ids.contains(&row.0))
            || self.contains(row)
    }

    /// Returns whether a row, whose id was not passed, is a repeat from before the history diverged.
    pub(super) fn is_superseded(&self, row: Row) -> bool {
        self.superseded.last().is_some_and(|last| row.0 <= last.0) && self.superseded.contains(&row)
    }

    /// Adds a delivered row.
    pub(super) fn push(&mut self, row: Row) {
        if self.first.len() < FIRST {
            return self.first.push(row);
        }
        if self.latest.len() == LATEST
            && let Some((id, _)) = self.latest.pop_front()
        {
            self.forgotten = Some(match self.forgotten.take() {
                Some(ids) => id.min(*ids.start())..=id.max(*ids.end()),
                None => id..=id,
            });
        }
        self.latest.push_back(row);
    }

    /// Records that the rows from this id on are replaced by others.
    pub(super) fn diverge(&mut self, id: i64) {
        let is_replaced = |row: &Row| row.0 >= id;
        self.superseded = [self.first.as_slice(), self.latest.make_contiguous()].concat();
        self.superseded.retain(is_replaced);
        self.superseded.sort_unstable();
        self.first.retain(|row| !is_replaced(row));
        self.latest.retain(|row| !is_replaced(row));
        self.forgotten = self
            .forgotten
            .take()
            .filter(|ids| *ids.start() < id)
            .map(|ids| *ids.start()..=id.saturating_sub(1).min(*ids.end()));
    }
}

/// Returns a hash of a text. It is computed for each row, at several bytes per clock cycle.
pub(super) fn hash(text: &str) -> u64 {
    // Two odd constants without a pattern, as in wyhash.
    const KEYS: [u64; 2] = [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB];
    let mix = |hash: u64, block: &[u8; 16]| {
        let block = u128::from_le_bytes(*block);
        let product = u128::from(low(block) ^ KEYS[0] ^ hash) * u128::from(high(block) ^ KEYS[1]);
        low(product) ^ high(product)
    };
    let (blocks, rest) = text.as_bytes().as_chunks::<16>();
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    let hash = blocks.iter().fold(text.len() as u64, mix);
    mix(hash, &last)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
fn low(value: u128) -> u64 {
    value as u64
}

fn high(value: u128) -> u64 {
    low(value >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(ids: impl IntoIterator<Item = i64>) -> History {
        let mut history = History::default();
        for id in ids {
            history.push((id, 1));
        }
        history
    }

    #[test]
    fn any_change_of_a_text_changes_its_hash() {
        let text = r#"{"type": "output", "id": 7, "stream": "stdout", "data": "a\n", "turn": 1}"#;
        let mut hashes = vec![hash(""), hash("\0"), hash("a"), hash("a\0")];
        for at in 0..text.len() {
            hashes.push(hash(&text[..at]));
            for other in ["\0", "~"] {
                let mut changed = text.to_owned();
                changed.replace_range(at..=at, other);
                hashes.push(hash(&changed));
            }
        }
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        // The empty text and the first letters of the text are each there twice.
        assert_eq!(hashes.len(), count - 1);
    }

    #[test]
    fn remembers_the_first_and_the_latest_rows_with_their_contents() {
        let history = history(1..=10_000);
        for id in [1, 32, 9_489, 10_000] {
            assert!(history.is_repeat((id, 1)));
            assert!(!history.is_repeat((id, 2)), "{id} with other contents");
        }
        assert!(history.is_repeat((33, 2)), "no longer remembered");
        assert!(history.is_repeat((9_488, 2)), "no longer remembered");
        assert!(!history.is_repeat((0, 1)));
    }

    #[test]
    fn a_divergence_keeps_the_rows_before_it_and_recognizes_those_after_it() {
        let mut history = history(1..=1000);
        history.diverge(900);
        history.push((900, 2));
        assert!(history.is_repeat((1, 1)) && history.is_repeat((899, 1)));
        assert!(history.is_repeat((100, 2)), "no longer remembered");
        assert!(history.is_superseded((901, 1)) && !history.is_superseded((901, 2)));
        history.diverge(1);
        assert!(!history.is_repeat((100, 2)));
        assert!(history.is_superseded((900, 2)));
    }
}

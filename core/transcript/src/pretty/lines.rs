//! From chunks cut anywhere to whole lines, in linear time and bounded memory.

use std::fmt;

use super::text;

/// Capacity of the buffer, in bytes, that is kept when its line is done.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Splits output into lines.
pub(super) struct Lines {
    /// Bytes of a line that are taken.
    longest: usize,
    /// The unfinished line, up to the longest that is taken whole.
    held: String,
    /// Bytes of the unfinished line that no longer fitted.
    cut: usize,
}

impl Lines {
    pub(super) fn new(longest: usize) -> Self {
        Self {
            longest,
            held: String::new(),
            cut: 0,
        }
    }

    /// Takes a chunk and visits each line that it completes, with the number of bytes that were cut off its end. Lines
    /// end at LF; CR before it is part of the line end.
    pub(super) fn feed(&mut self, chunk: &str, mut each: impl FnMut(&str, usize)) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', chunk.as_bytes()) {
            let piece = &chunk[start..end];
            start = end + 1;
            if self.held.is_empty() && self.cut == 0 {
                let (line, rest) = piece.split_at(floor_char_boundary(piece, self.longest));
                each(line.trim_end_matches('\r'), rest.len());
            } else {
                self.hold(piece);
                let (line, cut) = self.take();
                each(line.trim_end_matches('\r'), cut);
                self.reuse(line);
            }
        }
        self.hold(&chunk[start..]);
    }

    /// Visits the unfinished line, with the CR that may end it. A line of nothing but blanks stays, since more of it may
    /// yet come.
    pub(super) fn flush(&mut self, each: impl FnOnce(&str, usize)) {
        if self.cut == 0 && text::strip(&self.held).is_empty() {
            return;
        }
        let (line, cut) = self.take();
        each(&line, cut);
        self.reuse(line);
    }

    /// Appends to the unfinished line what still fits and counts the rest.
    fn hold(&mut self, piece: &str) {
        let fits = if self.cut == 0 {
            floor_char_boundary(piece, self.longest - self.held.len())
        } else {
            0
        };
        self.held.push_str(&piece[..fits]);
        self.cut += piece.len() - fits;
    }

    fn take(&mut self) -> (String, usize) {
        (
            std::mem::take(&mut self.held),
            std::mem::take(&mut self.cut),
        )
    }

    /// Keeps the allocation of a line that is done, unless it was an unusually long one.
    fn reuse(&mut self, mut line: String) {
        line.clear();
        line.shrink_to(KEPT_CAPACITY);
        self.held = line;
    }
}

/// Shows how much is held, not what: it is the agent's.
impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("longest", &self.longest)
            .field("held_bytes", &self.held.len())
            .field("cut_bytes", &self.cut)
            .finish()
    }
}

/// How many bytes of `piece` fit into `room` without splitting a character.
pub(super) fn floor_char_boundary(piece: &str, room: usize) -> usize {
    if piece.len() <= room {
        return piece.len();
    }
    (0..=room)
        .rev()
        .find(|&at| piece.is_char_boundary(at))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_no_more_than_the_longest_line() {
        let mut lines = Lines::new(1000);
        for _ in 0..1000 {
            lines.feed(&"x".repeat(700), |line, _| panic!("not ended: {line}"));
            assert!(lines.held.capacity() <= 2000);
        }
        assert_eq!(lines.cut, 699_000);
    }

    #[test]
    fn gives_back_the_memory_of_a_long_line_that_is_done() {
        let mut lines = Lines::new(usize::MAX);
        lines.feed(&"x".repeat(1 << 20), |line, _| panic!("not ended: {line}"));
        let mut lengths = Vec::new();
        lines.feed("\n", |line, cut| lengths.push((line.len(), cut)));
        assert_eq!(lengths, [(1 << 20, 0)]);
        assert!(lines.held.capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn keeps_the_agents_output_out_of_debug() {
        let mut lines = Lines::new(usize::MAX);
        lines.feed("planted", |line, _| panic!("not ended: {line}"));
        let shown = format!("{lines:?}");
        assert!(
            shown.contains("held_bytes: 7") && !shown.contains("planted"),
            "{shown}"
        );
    }
}

//! From chunks cut anywhere to whole lines, in linear time and bounded memory.

use std::fmt;

use super::{Options, text, visible};

/// Capacity of the buffer, in bytes, that is kept when its line is done.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Splits output into lines and shows what a formatter makes of each.
#[derive(Default)]
pub(super) struct Lines {
    options: Options,
    /// The unfinished line, up to the longest that is taken whole.
    held: String,
    /// Bytes of the unfinished line that no longer fitted.
    cut: usize,
}

impl Lines {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            held: String::new(),
            cut: 0,
        }
    }

    /// Takes a chunk and formats each line that it completes. Lines end at LF; CR before it is part of the line end;
    /// an empty line is none.
    pub(super) fn feed(
        &mut self,
        chunk: &str,
        mut format: impl FnMut(&str) -> Option<String>,
    ) -> Vec<String> {
        let mut shown = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', chunk.as_bytes()) {
            let piece = &chunk[start..end];
            start = end + 1;
            if self.held.is_empty() && self.cut == 0 {
                let (line, rest) = piece.split_at(fitting(piece, self.options.max_line));
                shown.extend(self.show(line.trim_end_matches('\r'), rest.len(), &mut format));
            } else {
                self.hold(piece);
                let (line, cut) = self.take();
                shown.extend(self.show(line.trim_end_matches('\r'), cut, &mut format));
                self.reuse(line);
            }
        }
        self.hold(&chunk[start..]);
        shown
    }

    /// Formats the unfinished line, with the CR that may end it. A line of nothing but blanks stays, since more of
    /// it may yet come.
    pub(super) fn flush(&mut self, mut format: impl FnMut(&str) -> Option<String>) -> Vec<String> {
        if self.cut == 0 && text::strip(&self.held).is_empty() {
            return Vec::new();
        }
        let (line, cut) = self.take();
        let shown = self.show(&line, cut, &mut format);
        self.reuse(line);
        shown.into_iter().collect()
    }

    /// Appends to the unfinished line what still fits and counts the rest.
    fn hold(&mut self, piece: &str) {
        let fits = if self.cut == 0 {
            fitting(piece, self.options.max_line - self.held.len())
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

    fn show(
        &self,
        line: &str,
        cut: usize,
        format: &mut impl FnMut(&str) -> Option<String>,
    ) -> Option<String> {
        let text = match cut {
            0 if line.is_empty() => None,
            0 => format(line),
            _ => Some(format!("{line}… [{cut} bytes cut]")),
        };
        let text = text.filter(|text| !text.is_empty())?;
        Some(if self.options.raw {
            text
        } else {
            visible::controls(text)
        })
    }
}

/// Shows how much is held, not what: it is the agent's.
impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("options", &self.options)
            .field("held_bytes", &self.held.len())
            .field("cut_bytes", &self.cut)
            .finish()
    }
}

/// How many bytes of `piece` fit into `room` without splitting a character.
fn fitting(piece: &str, room: usize) -> usize {
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
        let mut lines = Lines::new(Options::new().max_line(1000));
        for _ in 0..1000 {
            assert_eq!(
                lines.feed(&"x".repeat(700), |line| Some(line.to_owned())),
                [""; 0]
            );
            assert!(lines.held.capacity() <= 2000);
        }
        assert_eq!(lines.cut, 699_000);
    }

    #[test]
    fn gives_back_the_memory_of_a_long_line_that_is_done() {
        let mut lines = Lines::default();
        lines.feed(&"x".repeat(1 << 20), |_| None);
        assert_eq!(
            lines.feed("\n", |line| Some(line.len().to_string())),
            ["1048576"]
        );
        assert!(lines.held.capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn keeps_the_agents_output_out_of_debug() {
        let mut lines = Lines::default();
        lines.feed("planted", |_| None);
        let shown = format!("{lines:?}");
        assert!(
            shown.contains("held_bytes: 7") && !shown.contains("planted"),
            "{shown}"
        );
    }
}

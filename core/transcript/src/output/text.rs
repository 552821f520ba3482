//! Whitespace and line endings as defined by Python, which the Python SDK 0.1.0 follows, and truncation.

use unicode_width::UnicodeWidthChar;

/// Returns whether `str.isspace()` is true: Unicode whitespace and the four information separators.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// Strips whitespace like `str.strip()`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Collapses whitespace to single spaces, strips both ends, and truncates to at most `limit` code points, including the
/// `ellipsis` at the end of a truncated text.
pub(crate) fn one_line(text: &str, limit: usize, ellipsis: &str) -> String {
    let mut flat = String::new();
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if flat.len() > limit.saturating_mul(MAX_UTF8) {
            break;
        }
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(word);
    }
    if flat.char_indices().nth(limit).is_some() {
        let kept = limit.saturating_sub(ellipsis.chars().count());
        if let Some((end, _)) = flat.char_indices().nth(kept) {
            flat.truncate(end);
            flat.push_str(ellipsis);
        }
    }
    flat
}

/// The maximum size of a code point in UTF-8, in bytes.
const MAX_UTF8: usize = 4;

/// Truncates the line that starts at `start` to at most `columns` terminal columns, including the `ellipsis` at the end
/// of a truncated line.
///
/// The width is an upper bound for all terminals: the parts of a joined emoji count separately, and a tab counts as a
/// full tab stop.
pub(crate) fn cut_columns(text: &mut String, start: usize, columns: usize, ellipsis: &str) {
    // Except for the tab, no character is wider than its size in bytes.
    if text.len() - start <= columns && !text[start..].contains('\t') {
        return;
    }
    let ellipsis: String = ellipsis.chars().take(columns).collect();
    let room = columns - ellipsis.chars().count();
    let mut taken = 0;
    let mut end = start;
    let mut last = 0;
    for (at, character) in text[start..].char_indices() {
        let width = match character {
            // Selects the emoji presentation of the previous character, which is wider.
            '\u{fe0f}' if last == 1 => 1,
            '\t' => TAB_WIDTH,
            _ => character.width().unwrap_or(0),
        };
        last = width;
        taken += width;
        if taken <= room {
            end = start + at + character.len_utf8();
        } else if taken > columns {
            text.truncate(end);
            text.push_str(&ellipsis);
            return;
        }
    }
}

/// Splits lines like `str.splitlines()` and returns each with its offset: CRLF is one line ending, and a line ending at
/// the end of the text does not start another line.
pub(crate) fn split_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = text.len() - rest.len();
        let (line, end) = match rest.find(is_line_end) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        rest = end
            .strip_prefix("\r\n")
            .or_else(|| end.strip_prefix(is_line_end))
            .unwrap_or_default();
        Some((start, line))
    })
}

pub(crate) fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// The width of a tab stop, in columns.
const TAB_WIDTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_all_whitespace_of_python() {
        let whitespace = "\t\n\u{b}\u{c}\r\u{1c}\u{1d}\u{1e}\u{1f} \u{85}\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
        assert_eq!(
            strip(&format!("{whitespace}a{whitespace}b{whitespace}")),
            format!("a{whitespace}b")
        );
        assert_eq!(
            one_line(&format!("{whitespace}a{whitespace}b{whitespace}"), 140, "…"),
            "a b"
        );
    }

    #[test]
    fn keeps_invisible_characters_that_are_not_whitespace() {
        for character in [
            "\u{200b}", "\u{feff}", "\u{180e}", "\u{2060}", "\u{0}", "\u{1b}",
        ] {
            assert_eq!(strip(character), character);
        }
    }

    #[test]
    fn truncates_by_code_points_including_the_ellipsis() {
        assert_eq!(one_line("äöü", 3, "…"), "äöü");
        assert_eq!(one_line("äöüß", 3, "…"), "äö…");
        assert_eq!(one_line("👩‍💻 x", 4, "…"), "👩‍💻…");
        assert_eq!(one_line("  a  b  ", 3, "…"), "a b");
        assert_eq!(one_line("", 3, "…"), "");
        assert_eq!(one_line("abcde", 4, "..."), "a...");
        assert_eq!(one_line(&"😀 ".repeat(1000), 9, "…"), "😀 😀 😀 😀 …");
    }

    #[test]
    fn truncates_by_terminal_columns() {
        let cut = |text: &str, columns| {
            let mut line = format!("before{text}");
            cut_columns(&mut line, 6, columns, "…");
            line.split_off(6)
        };
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcde", 4), "abc…");
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(
            cut("e\u{301}e\u{301}e\u{301}", 3),
            "e\u{301}e\u{301}e\u{301}"
        );
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("✉️  ab", 6), "✉️  ab");
        assert_eq!(cut("✉️  ab", 5), "✉️  …");
        assert_eq!(cut("✉️  ab", 2), "✉…");
        assert_eq!(cut("abc", 1), "…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut("\tab", 10), "\tab");
        assert_eq!(cut("\tab", 9), "\t…");
        assert_eq!(cut("\tab", 8), "…");
    }

    #[test]
    fn splits_lines_like_python() {
        let lines = |text| split_lines(text).map(|(_, line)| line).collect::<Vec<_>>();
        assert_eq!(lines(""), [""; 0]);
        assert_eq!(lines("a"), ["a"]);
        assert_eq!(lines("a\n"), ["a"]);
        assert_eq!(lines("\n"), [""]);
        assert_eq!(lines("a\r\n\r\rb\n\r"), ["a", "", "", "b", ""]);
        assert_eq!(
            lines("a\u{b}b\u{c}c\u{1c}d\u{1d}e\u{1e}f\u{1f}g\u{85}h\u{2028}i\u{2029}"),
            ["a", "b", "c", "d", "e", "f\u{1f}g", "h", "i"]
        );
        let starts: Vec<_> = split_lines("ä\r\n\nb").collect();
        assert_eq!(starts, [(0, "ä"), (4, ""), (5, "b")]);
    }
}

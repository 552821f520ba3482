//! Python's rules for blanks and line ends, which the published formatter's output follows.

/// What `str.isspace()` holds for: Unicode's white space and the four information separators.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// `str.strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Runs of blanks as one blank, none at the ends, and at most `limit` code points: what is longer ends in `…`.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut flat = String::new();
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(word);
    }
    if let Some((end, _)) = flat.char_indices().nth(limit.saturating_sub(1))
        && flat[end..].chars().nth(1).is_some()
    {
        flat.truncate(end);
        flat.push('…');
    }
    flat
}

/// `str.splitlines()`: CRLF is one line end, each of the others stands alone, and a line end at the very end starts
/// no further line.
pub(super) fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, end) = match rest.find(is_line_end) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        rest = end
            .strip_prefix("\r\n")
            .or_else(|| end.strip_prefix(is_line_end))
            .unwrap_or_default();
        Some(line)
    })
}

fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_every_blank_that_python_knows() {
        let blanks = "\t\n\u{b}\u{c}\r\u{1c}\u{1d}\u{1e}\u{1f} \u{85}\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
        assert_eq!(
            strip(&format!("{blanks}a{blanks}b{blanks}")),
            format!("a{blanks}b")
        );
        assert_eq!(one_line(&format!("{blanks}a{blanks}b{blanks}"), 140), "a b");
    }

    #[test]
    fn keeps_what_only_looks_blank() {
        for character in [
            "\u{200b}", "\u{feff}", "\u{180e}", "\u{2060}", "\u{0}", "\u{1b}",
        ] {
            assert_eq!(strip(character), character);
        }
    }

    #[test]
    fn cuts_in_code_points_and_counts_the_ellipsis() {
        assert_eq!(one_line("äöü", 3), "äöü");
        assert_eq!(one_line("äöüß", 3), "äö…");
        assert_eq!(one_line("👩‍💻 x", 4), "👩‍💻…");
        assert_eq!(one_line("  a  b  ", 3), "a b");
        assert_eq!(one_line("", 3), "");
    }

    #[test]
    fn splits_lines_as_python_does() {
        let lines = |text| split_lines(text).collect::<Vec<_>>();
        assert_eq!(lines(""), [""; 0]);
        assert_eq!(lines("a"), ["a"]);
        assert_eq!(lines("a\n"), ["a"]);
        assert_eq!(lines("\n"), [""]);
        assert_eq!(lines("a\r\n\r\rb\n\r"), ["a", "", "", "b", ""]);
        assert_eq!(
            lines("a\u{b}b\u{c}c\u{1c}d\u{1d}e\u{1e}f\u{1f}g\u{85}h\u{2028}i\u{2029}"),
            ["a", "b", "c", "d", "e", "f\u{1f}g", "h", "i"]
        );
    }
}

use aod::pretty::{ClaudeFormatter, Formatter as _, Options};

use super::lengths;

/// The formatter for Claude shows any output, and the same however it is cut.
///
/// The first byte of the input is the longest line (0 for the default), the second the seed of the chunks; the rest
/// is the output.
pub fn pretty(input: &[u8]) {
    let [max_line, seed, output @ ..] = input else {
        return;
    };
    let output = String::from_utf8_lossy(output);
    let max_line = Some(usize::from(*max_line)).filter(|length| *length > 0);

    let whole = shown(max_line, [&*output]);
    assert_eq!(shown(max_line, by_characters(&output)), whole);
    assert_eq!(shown(max_line, drawn(&output, *seed)), whole);
    for text in whole {
        let odd = text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
        assert!(!odd, "a control character reaches the terminal: {text:?}");
    }
}

fn shown<'o>(max_line: Option<usize>, chunks: impl IntoIterator<Item = &'o str>) -> Vec<String> {
    let mut options = Options::new();
    if let Some(bytes) = max_line {
        options = options.max_line(bytes);
    }
    let mut formatter = ClaudeFormatter::with_options(options);
    let mut shown: Vec<_> = chunks
        .into_iter()
        .flat_map(|chunk| formatter.feed(chunk))
        .collect();
    shown.extend(formatter.flush());
    shown
}

fn by_characters(output: &str) -> impl Iterator<Item = &str> {
    output.split("").filter(|character| !character.is_empty())
}

fn drawn(mut output: &str, seed: u8) -> Vec<&str> {
    let mut chunks = Vec::new();
    for length in lengths(seed) {
        let end = (length..output.len()).find(|end| output.is_char_boundary(*end));
        let (chunk, rest) = output.split_at(end.unwrap_or(output.len()));
        chunks.push(chunk);
        output = rest;
        if output.is_empty() {
            break;
        }
    }
    chunks
}

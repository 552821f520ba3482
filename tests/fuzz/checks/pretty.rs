use aod::pretty::{Formatter as _, Options};

use super::lengths;

/// The formatter for Claude accepts any output, and its result is independent of the chunking.
///
/// The first byte of the input is the maximum length of a line (0 for the default), the second the seed of the chunks,
/// the rest the output.
pub fn pretty(input: &[u8]) {
    let [max_line, seed, output @ ..] = input else {
        return;
    };
    shows("claude", &limited(Options::new(), *max_line), *seed, output);
}

/// Like [`pretty`], for Codex and with options, which an additional first byte selects.
pub fn pretty_codex(input: &[u8]) {
    with_options("codex", input);
}

/// Like [`pretty_codex`], for Gemini CLI.
pub fn pretty_gemini(input: &[u8]) {
    with_options("gemini", input);
}

/// Like [`pretty_codex`], for opencode.
pub fn pretty_opencode(input: &[u8]) {
    with_options("opencode", input);
}

fn with_options(runtime: &str, input: &[u8]) {
    let [which, max_line, seed, output @ ..] = input else {
        return;
    };
    let is_on = |bit: u8| which & (1 << bit) != 0;
    let mut options = Options::new()
        .plain(is_on(0))
        .show_thinking(!is_on(1))
        .show_tool_results(is_on(2))
        .show_failures(!is_on(3));
    if is_on(4) {
        options = options.width(usize::from(which >> 5) * 8);
    }
    shows(runtime, &limited(options, *max_line), *seed, output);
}

fn limited(options: Options, max_line: u8) -> Options {
    if max_line == 0 {
        options
    } else {
        options.max_line(usize::from(max_line))
    }
}

fn shows(runtime: &str, options: &Options, seed: u8, output: &[u8]) {
    let output = String::from_utf8_lossy(output);
    let whole = shown(runtime, options, [&*output]);
    assert_eq!(shown(runtime, options, by_characters(&output)), whole);
    assert_eq!(shown(runtime, options, drawn(&output, seed)), whole);
    for text in whole {
        let odd = text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
        assert!(!odd, "a control character reaches the terminal: {text:?}");
    }
}

fn shown<'o>(
    runtime: &str,
    options: &Options,
    chunks: impl IntoIterator<Item = &'o str>,
) -> Vec<String> {
    let mut formatter = options.clone().formatter_for(runtime);
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

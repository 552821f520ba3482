//! What the formatters of `aod::pretty` show.

mod choice;
mod chunking;
mod claude_lines;
mod claude_odd_shapes;
mod claude_tools;
mod recordings;
mod terminal;

use aod::pretty::{ClaudeFormatter, Formatter};

/// What a formatter shows for chunks, its flush included.
fn shown_by<'a>(
    mut formatter: impl Formatter,
    chunks: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut shown: Vec<String> = chunks
        .into_iter()
        .flat_map(|chunk| formatter.feed(chunk))
        .collect();
    shown.extend(formatter.flush());
    shown
}

/// What Claude's formatter shows for one line.
fn shown(line: &str) -> Option<String> {
    let mut shown = shown_by(ClaudeFormatter::new(), [line, "\n"]);
    assert!(
        shown.len() <= 1,
        "one line gives at most one text: {shown:?}"
    );
    shown.pop()
}

/// What Claude's formatter shows for an assistant's message with these blocks.
fn shown_blocks(blocks: &str) -> Option<String> {
    shown(&format!(
        r#"{{"type":"assistant","message":{{"content":[{blocks}]}}}}"#
    ))
}

//! The formatters in `aod::pretty`, and the typed model in `aod::transcript`.

mod ag_ui;
mod choice;
mod chunking;
mod claude_lines;
mod claude_tools;
mod codex_state;
mod error_reasons;
mod gemini_documents;
mod gemini_state;
mod histories;
mod killed;
mod malformed_input;
mod model;
mod model_limits;
mod noise;
mod opencode_ends;
mod options;
mod recordings;
mod scripted;
mod snapshots;
mod stream;
mod terminal;
mod transcripts;
mod unknown_events;
mod usages;

use aod::pretty::{ClaudeFormatter, Formatter};

/// Returns a formatter's output for chunks, including its flush.
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

/// Splits `text` into chunks of random lengths.
fn random_cuts(text: &str, seed: u64) -> Vec<&str> {
    let mut random = fastrand::Rng::with_seed(seed);
    let longest = [3, 40, 500, 20_000][random.usize(..4)];
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let wanted = random.usize(1..=longest).min(rest.len());
        let at = (wanted..=rest.len())
            .find(|&at| rest.is_char_boundary(at))
            .unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(at);
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// Returns the output of Claude's formatter for one line.
fn shown(line: &str) -> Option<String> {
    let mut shown = shown_by(ClaudeFormatter::new(), [line, "\n"]);
    assert!(
        shown.len() <= 1,
        "one line gives at most one text: {shown:?}"
    );
    shown.pop()
}

/// Returns the output of Claude's formatter for an assistant message with these blocks.
fn shown_blocks(blocks: &str) -> Option<String> {
    shown(&format!(
        r#"{{"type":"assistant","message":{{"content":[{blocks}]}}}}"#
    ))
}

use std::collections::HashSet;

use aod::transcript::{ItemKind, Limits, Transcript};

use super::lengths;

/// Any output gives a transcript, the same for all chunks and after snapshots, which has all lines and unique ids.
///
/// The first byte of the input selects the runtime, the second the limit of texts (0 for the default), the third is the
/// seed of the chunks, the rest the output.
pub fn transcript(input: &[u8]) {
    let [runtime, limit, seed, output @ ..] = input else {
        return;
    };
    let runtimes = ["claude", "codex", "gemini", "opencode", "generic"];
    let runtime = runtimes[usize::from(*runtime) % runtimes.len()];
    let mut limits = Limits::new().raw(usize::MAX);
    if *limit > 0 {
        limits = limits.text(usize::from(*limit));
    }
    let output = String::from_utf8_lossy(output);
    let mut whole = Transcript::for_runtime(runtime).with_limits(limits.clone());
    whole.feed(&output);
    whole.finish();

    let mut resumed = Transcript::for_runtime(runtime).with_limits(limits);
    let mut rest = &*output;
    for (number, length) in lengths(*seed).enumerate() {
        if rest.is_empty() {
            break;
        }
        let at = (length..rest.len())
            .find(|&at| rest.is_char_boundary(at))
            .unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(at);
        resumed.feed(chunk);
        rest = after;
        if number % 16 == 0 {
            resumed = Transcript::restore(&resumed.snapshot()).expect("it is a snapshot");
        }
    }
    resumed.finish();
    let json = |transcript: &Transcript| serde_json::to_string(transcript).expect("it is JSON");
    assert_eq!(json(&resumed), json(&whole));

    let items = || whole.turns().iter().flat_map(|turn| &turn.items);
    let mut ids = HashSet::new();
    assert!(items().all(|item| ids.insert(&item.id)));
    let kept: usize = items()
        .map(|item| match &item.kind {
            ItemKind::Text { text, .. } => visible(text),
            _ => visible(&item.raw),
        })
        .sum();
    if *limit == 0 {
        assert_eq!(kept, visible(&output));
    }
}

/// Returns the number of characters that are not blank or of an escape sequence.
fn visible(text: &str) -> usize {
    text.chars()
        .filter(|it| !it.is_whitespace() && !it.is_control())
        .count()
}

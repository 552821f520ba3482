//! The inputs of `corpus/`, through the same checks as the fuzz targets make: with any compiler, on any machine.

#[expect(
    unreachable_pub,
    reason = "the fuzz targets reach it: there it is a library"
)]
mod checks;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// Runs every input of a target's corpus, and names the one that fails.
fn run(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    for path in paths {
        let input = fs::read(&path).expect("a readable input");
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
            eprintln!("with the input {}", path.display());
            resume_unwind(panic);
        }
    }
}

#[test]
fn a_body_decodes_the_same_however_it_is_cut() {
    run("decoder", checks::decoder);
}

#[test]
fn an_event_reads_the_same_once_written() {
    run("event", checks::event);
}

#[test]
fn output_shows_the_same_however_it_is_cut() {
    run("pretty", checks::pretty);
    run("pretty_codex", checks::pretty_codex);
    run("pretty_gemini", checks::pretty_gemini);
    run("pretty_opencode", checks::pretty_opencode);
}

#[test]
fn any_retry_after_is_read_or_left_out() {
    run("retry_after", checks::retry_after);
}

#[test]
fn a_session_is_delivered_once_however_its_connections_break() {
    run("session", checks::session);
}

//! Runs the checks of the fuzz targets with the inputs in `corpus/`, which has one archive per target. Requires no
//! nightly compiler.

#[expect(
    unreachable_pub,
    reason = "the fuzz targets reach it: there it is a library"
)]
mod checks;

use std::fs::File;
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::Archive;

/// Runs all inputs of a target's corpus, and names the one that fails.
fn run(target: &str, check: fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{target}.tar.gz"));
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut archive = Archive::new(GzDecoder::new(file));
    let mut inputs = 0;
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("an input");
        let name = entry.path().expect("its name").display().to_string();
        let mut input = Vec::new();
        entry.read_to_end(&mut input).expect("a readable input");
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
            eprintln!("with the input {name} of {}", path.display());
            resume_unwind(panic);
        }
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", path.display());
}

#[test]
fn decoding_is_independent_of_the_chunking() {
    run("decoder", checks::decoder);
}

#[test]
fn events_round_trip() {
    run("event", checks::event);
}

#[test]
fn formatting_is_independent_of_the_chunking() {
    run("pretty", checks::pretty);
    run("pretty_codex", checks::pretty_codex);
    run("pretty_gemini", checks::pretty_gemini);
    run("pretty_opencode", checks::pretty_opencode);
}

#[test]
fn any_retry_after_is_parsed_or_ignored() {
    run("retry_after", checks::retry_after);
}

#[test]
fn a_session_is_delivered_once_despite_broken_connections() {
    run("session", checks::session);
}

#[test]
fn no_output_is_lost_in_a_transcript() {
    run("transcript", checks::transcript);
}

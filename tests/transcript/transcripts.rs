//! The output for complete transcripts, `tests/data/transcripts/RUNTIME/NAME.jsonl`, under any chunking. The expected
//! outputs are in `NAME.txt`: by default, and after [`SEPARATOR`] with all options that change it.
//!
//! `REWRITE_EXPECTED=1 cargo test -p aod-tests --test transcript` rewrites these files. Review the changes before
//! committing them.

use std::fs;
use std::path::{Path, PathBuf};

use aod::pretty::Options;
use aod_test_support::data;

use super::{random_cuts, shown_by};

/// The line between the two expected outputs of a transcript.
const SEPARATOR: &str = "===== with options =====\n";

/// The options of the expected outputs, in their order.
fn variants() -> [Options; 2] {
    let all = Options::new()
        .plain(true)
        .width(60)
        .show_thinking(false)
        .show_tool_results(true);
    [Options::new(), all]
}

/// Returns the transcripts of a runtime, ordered by path.
fn transcripts(runtime: &str) -> Vec<PathBuf> {
    let folder = data("transcripts").join(runtime);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has transcripts", folder.display());
    paths
}

fn lines(shown: &[String]) -> String {
    shown.iter().flat_map(|text| [text, "\n"]).collect()
}

/// Returns the expected outputs, which are rewritten first if requested.
fn expected(path: &Path, shown: &str) -> String {
    if std::env::var_os("REWRITE_EXPECTED").is_some() {
        fs::write(path, shown).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shows_the_expected_output(runtime: &str) {
    for path in transcripts(runtime) {
        let transcript = fs::read_to_string(&path).expect("a transcript is UTF-8");
        let whole = variants()
            .map(|options| {
                lines(&shown_by(
                    options.formatter_for(runtime),
                    vec![transcript.as_str()],
                ))
            })
            .join(SEPARATOR);
        let name = path.with_extension("txt");
        assert_eq!(whole, expected(&name, &whole), "{}", name.display());

        for options in variants() {
            let shown =
                |chunks: Vec<&str>| shown_by(options.clone().formatter_for(runtime), chunks);
            let whole = shown(vec![&transcript]);
            let how = format!("of {} with {options:?}", path.display());
            assert_eq!(
                shown(transcript.split("").collect()),
                whole,
                "single characters {how}"
            );
            for _ in 0..20 {
                let seed = fastrand::u64(..);
                assert_eq!(
                    shown(random_cuts(&transcript, seed)),
                    whole,
                    "chunks of seed {seed} {how}"
                );
            }
        }
    }
}

#[test]
fn shows_the_expected_output_of_claude() {
    shows_the_expected_output("claude");
}

#[test]
fn shows_the_expected_output_of_codex() {
    shows_the_expected_output("codex");
}

#[test]
fn shows_the_expected_output_of_gemini() {
    shows_the_expected_output("gemini");
}

#[test]
fn shows_the_expected_output_of_opencode() {
    shows_the_expected_output("opencode");
}

#[test]
fn shows_the_expected_output_of_other_programs() {
    shows_the_expected_output("generic");
}

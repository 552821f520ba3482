//! The recorded public API of the published Rust crates, which shows in each diff what changes for their users.

use std::fs;
use std::path::Path;
use std::process::Command;

use public_api::Builder;

use crate::tools::{Result, output, root, run, target};

/// The libraries, and where their public API is recorded.
const RECORDS: [(&str, &str); 3] = [
    ("aod", "core/api/aod.txt"),
    ("aod_sse", "core/sse/api/aod_sse.txt"),
    ("aod_transcript", "core/transcript/api/aod_transcript.txt"),
];

/// The Rust version that writes the records. Each version of `public-api` reads the JSON of few versions of rustdoc.
const RUST_VERSION: &str = "1.95.0";

/// Writes the records.
pub(crate) fn write() -> Result<()> {
    document()?;
    for (library, record) in RECORDS {
        write_api(library, &root().join(record))?;
    }
    Ok(())
}

/// Compares the crates with the records; prints the differences.
pub(crate) fn check() -> Result<()> {
    document()?;
    let mut changed = Vec::new();
    for (library, record) in RECORDS {
        let current = target().join("api").join(record);
        write_api(library, &current)?;
        let mut diff = Command::new("git");
        diff.args(["diff", "--no-index", "--unified=0", record]);
        if run(diff.arg(current)).is_err() {
            changed.push(library);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let changed = changed.join(", ");
    Err(format!(
        "the public API of {changed} changed: review it, then run `cargo bindgen api --write`"
    )
    .into())
}

/// Returns the `cargo` command of the Rust version of the records: that of this Rust, or one that rustup has or installs.
fn cargo(rustc: &str, rustup: &str) -> Result<Command> {
    let minor = RUST_VERSION.trim_end_matches(char::is_numeric);
    if rustc.starts_with(&format!("rustc {minor}")) {
        return Ok(Command::new(env!("CARGO")));
    }
    let command = |arguments: &[&str]| {
        let mut command = Command::new(rustup);
        command.args(arguments);
        command
    };
    let cargo = ["run", RUST_VERSION, "cargo"];
    if output(command(&cargo).arg("--version")).is_err() {
        let install = ["toolchain", "install", RUST_VERSION, "--profile", "minimal"];
        run(&mut command(&install)).map_err(|error| {
            format!("the public API is recorded with Rust {RUST_VERSION}, this is {rustc}: {error}")
        })?;
    }
    Ok(command(&cargo))
}

/// Writes the documentation of the workspace as JSON.
fn document() -> Result<()> {
    let mut cargo = cargo(&output(Command::new("rustc").arg("--version"))?, "rustup")?;
    cargo.args([
        "doc",
        "--quiet",
        "--locked",
        "--workspace",
        "--no-deps",
        "--lib",
    ]);
    cargo.env("RUSTDOC", root().join("bindgen/scripts/rustdoc"));
    cargo.env("RUSTDOCFLAGS", "-Zunstable-options --output-format=json");
    run(&mut cargo)
}

fn write_api(library: &str, file: &Path) -> Result<()> {
    let json = target().join("doc").join(library).with_extension("json");
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    Ok(fs::write(file, api.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_not_read_with_another_rust() {
        let cargo = |rustc| cargo(rustc, "no-rustup-here");
        let same = cargo("rustc 1.95.1 (59807616e 2026-04-14)").unwrap();
        assert_eq!(same.get_program(), env!("CARGO"));
        for other in ["rustc 1.96.0 (x 2026-05-28)", "rustc 1.9.5 (x 2016-06-01)"] {
            let problem = cargo(other).unwrap_err().to_string();
            let reason = format!("recorded with Rust 1.95.0, this is {other}: no-rustup-here");
            assert!(problem.contains(&reason), "{problem}");
        }
    }
}

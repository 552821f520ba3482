//! The recorded public API of the published Rust crates, which shows in each diff what changes for their users.

use std::fs;
use std::path::Path;
use std::process::Command;

use public_api::Builder;

use crate::tools::{Result, root, run, target};

/// The libraries, and where their public API is recorded.
const RECORDS: [(&str, &str); 3] = [
    ("aod", "core/api/aod.txt"),
    ("aod_sse", "core/sse/api/aod_sse.txt"),
    ("aod_transcript", "core/transcript/api/aod_transcript.txt"),
];

/// The Rust version that writes the records. Each version of `public-api` reads the JSON of few versions of rustdoc.
const RUST_VERSION: &str = "rustc 1.95.";

/// Writes the records.
pub(crate) fn write() -> Result<()> {
    let version = rust_version()?;
    if !version.starts_with(RUST_VERSION) {
        return Err(
            format!("the public API is recorded with {RUST_VERSION}x, this is {version}").into(),
        );
    }
    document()?;
    for (library, record) in RECORDS {
        write_api(library, &root().join(record))?;
    }
    Ok(())
}

/// Compares the crates with the records; prints the differences.
pub(crate) fn check() -> Result<()> {
    let version = rust_version()?;
    if !version.starts_with(RUST_VERSION) {
        eprintln!(
            "not checked: the public API is recorded with {RUST_VERSION}x, this is {version}"
        );
        return Ok(());
    }
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

fn rust_version() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Writes the documentation of the workspace as JSON.
fn document() -> Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
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

//! The list of the crates in each native library and program, which `cargo audit bin` and scanners of images read.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::tools::{Result, prepend_path_of, run, target};

const PROGRAM: &str = "cargo-auditable";

const VERSION: &str = "0.7.7";

/// Has a command that runs Cargo link the list into dynamic libraries and programs. Static libraries cannot have it.
pub(crate) fn apply(command: &mut Command) -> Result<()> {
    let programs = installed()?;
    let path = prepend_path_of(command, &programs)?;
    command
        .env("PATH", path)
        // What `cargo auditable` sets, but without the path of the wrapper: Cargo hashes this name into symbols, and the
        // same sources must give the same bytes in any folder.
        .env("RUSTC_WORKSPACE_WRAPPER", PROGRAM)
        .env(
            "CARGO_AUDITABLE_ORIG_ARGS",
            r#"{"offline":false,"locked":false,"frozen":false,"config":[]}"#,
        );
    Ok(())
}

/// Installs cargo-auditable if it is missing, and returns the folder of the program.
fn installed() -> Result<PathBuf> {
    let root = target().join(format!("{PROGRAM}-{VERSION}"));
    let programs = root.join("bin");
    let program = programs.join(format!("{PROGRAM}{}", env::consts::EXE_SUFFIX));
    if !program.exists() {
        run(
            Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args([
                    "install",
                    "--quiet",
                    "--locked",
                    "--version",
                    VERSION,
                    PROGRAM,
                    "--root",
                ])
                .arg(&root),
        )?;
    }
    Ok(programs)
}

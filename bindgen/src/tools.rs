//! Running the tools that do the work.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::venv;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The `target` folder.
pub(crate) fn target() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(named)
}

/// Runs a command at the root of the workspace.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    run_in(&root(), command)
}

/// Runs a command in a folder.
pub(crate) fn run_in(folder: &Path, command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .current_dir(folder)
        .status()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    if !status.success() {
        return Err(format!("{name} failed: {status}").into());
    }
    Ok(())
}

/// Cargo, as this program was run by it.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Builds the library of a package, and gives its path. It is not stripped: the generator reads its metadata.
pub(crate) fn library(package: &str) -> Result<PathBuf> {
    Ok(build(package)?.join(library_name(package)))
}

/// The same, to be linked into what uses it.
pub(crate) fn static_library(package: &str) -> Result<PathBuf> {
    Ok(build(package)?.join(format!("lib{}.a", crate_name(package))))
}

/// What this platform calls the library of a package.
pub(crate) fn library_name(package: &str) -> String {
    let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    format!("{prefix}{}{suffix}", crate_name(package))
}

fn crate_name(package: &str) -> String {
    package.replace('-', "_")
}

/// Builds both forms in one go, and gives their folder.
fn build(package: &str) -> Result<PathBuf> {
    let (mut rustc, folder) = rustc()?;
    run(rustc
        .args(["--locked", "--profile", "ffi", "--package", package])
        // With the form for Rust among them, rustc would optimize none across crates.
        .args(["--lib", "--crate-type", "cdylib,staticlib"]))?;
    Ok(target().join(folder).join("ffi"))
}

/// Cargo's `rustc`, and the folder under `target` that it compiles to.
fn rustc() -> Result<(Command, String)> {
    if !cfg!(all(
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )) {
        let mut rustc = cargo();
        rustc.arg("rustc");
        return Ok((rustc, String::new()));
    }
    // Against the C library of 2014, so that what is packed runs on old systems too.
    let programs = venv::programs()?;
    let target = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let mut rustc = Command::new(programs.join("cargo-zigbuild"));
    rustc.env("PATH", venv::before_path(&programs)?).args([
        "rustc",
        "--target",
        &format!("{target}.2.17"),
    ]);
    Ok((rustc, target))
}

/// Generates the bindings of a language from a library.
pub(crate) fn generate(language: &str, library: &Path, folder: &Path) -> Result<()> {
    run(cargo()
        .args(["run", "--quiet", "--locked", "--package", "aod-ffi-json"])
        .args(["--bin", "uniffi-bindgen", "--features", "bindgen", "--"])
        .args(["generate", "--language", language, "--no-format"])
        .args(["--config", "uniffi.toml"])
        .arg("--library")
        .arg(library)
        .arg("--out-dir")
        .arg(folder))
}

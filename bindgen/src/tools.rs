//! Running external tools.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, iter};

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

/// Runs a command at the root of the workspace, and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .current_dir(root())
        .output()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    if !output.status.success() {
        let problem = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed: {}: {}", output.status, problem.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Returns the value of an environment variable that lists folders, with a folder prepended.
pub(crate) fn prepend_path(variable: &str, folder: &Path) -> Result<OsString> {
    prepend(&env::var_os(variable).unwrap_or_default(), folder)
}

/// Returns the `PATH` of a command, with a folder prepended.
pub(crate) fn prepend_path_of(command: &Command, folder: &Path) -> Result<OsString> {
    let set = command.get_envs().find(|(name, _)| *name == "PATH");
    match set.and_then(|(_, value)| value) {
        Some(path) => prepend(path, folder),
        None => prepend_path("PATH", folder),
    }
}

fn prepend(path: &OsStr, folder: &Path) -> Result<OsString> {
    let others = env::split_paths(path).filter(|other| !other.as_os_str().is_empty());
    Ok(env::join_paths(
        iter::once(folder.to_owned()).chain(others),
    )?)
}

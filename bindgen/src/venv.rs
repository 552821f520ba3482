//! The packaging tools that are Python packages: maturin, and zig, which links against an older C library.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, iter};

use crate::tools::{Result, root, run, target};

/// A virtual environment with the packaging tools; gives the folder of its programs.
pub(crate) fn programs() -> Result<PathBuf> {
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

/// The search path of programs, with this folder before the others.
pub(crate) fn before_path(folder: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = iter::once(folder.to_owned()).chain(env::split_paths(&path));
    Ok(env::join_paths(folders)?)
}

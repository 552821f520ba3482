//! The wheel and the source distribution.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, iter};

use crate::tools::{self, Result, root, run, run_in, target};

const PACKAGE: &str = "bindings/python";

/// Generates `aod/_native` next to the façade, with the library that it loads.
pub(crate) fn generate() -> Result<()> {
    let library = tools::library("json")?;
    let native = root().join(PACKAGE).join("aod/_native");
    tools::generate("python", &library, &native)?;
    if let Some(name) = library.file_name() {
        fs::copy(&library, native.join(name))?;
    }
    fs::write(native.join("__init__.py"), "from .aod_ffi import *\n")?;
    Ok(())
}

/// Makes `dist/python/*.tar.gz`, and from it `dist/python/*.whl`.
pub(crate) fn package() -> Result<()> {
    let tools = environment()?;
    let dist = root().join("dist/python");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    let mut maturin = Command::new(tools.join("python"));
    maturin
        .args(["-m", "maturin", "build", "--sdist", "--out"])
        .arg(&dist)
        // What is unpacked from the source distribution shares what has been compiled.
        .env("CARGO_TARGET_DIR", target())
        // Where maturin looks for zig and patchelf.
        .env("PATH", before_path(&tools)?);
    if cfg!(target_os = "linux") {
        // Against the C library of 2014, as wheels for Linux promise.
        maturin.args(["--zig", "--compatibility", "manylinux2014"]);
    }
    // The pyproject.toml is found from here.
    run_in(&root().join(PACKAGE), &mut maturin)?;
    for entry in fs::read_dir(&dist)? {
        let wheel = entry?.path();
        if wheel
            .extension()
            .is_some_and(|extension| extension == "whl")
        {
            strip(&tools, &wheel)?;
        }
    }
    Ok(())
}

/// Strips the library in a wheel, which could not be done before the bindings were generated from it.
fn strip(tools: &Path, wheel: &Path) -> Result<()> {
    let unpacked = target().join("wheel");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    let python = tools.join("python");
    run(Command::new(&python)
        .args(["-m", "wheel", "unpack", "--dest"])
        .arg(&unpacked)
        .arg(wheel))?;
    let folder = fs::read_dir(&unpacked)?
        .next()
        .ok_or("the wheel is empty")??
        .path();
    for entry in fs::read_dir(folder.join("aod/_native"))? {
        let library = entry?.path();
        if library
            .extension()
            .is_some_and(|extension| extension == "so")
        {
            run(Command::new("strip").arg("--strip-unneeded").arg(&library))?;
        }
    }
    fs::remove_file(wheel)?;
    let dist = wheel.parent().ok_or("the wheel has no folder")?;
    run(Command::new(&python)
        .args(["-m", "wheel", "pack", "--dest-dir"])
        .arg(dist)
        .arg(&folder))
}

/// A virtual environment with the packaging tools; gives the folder of its programs.
fn environment() -> Result<PathBuf> {
    let venv = target().join("venv/packaging");
    let programs = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let requirements = root().join(PACKAGE).join("packaging.txt");
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

fn before_path(folder: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = iter::once(folder.to_owned()).chain(env::split_paths(&path));
    Ok(env::join_paths(folders)?)
}

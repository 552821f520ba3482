//! The wheel and the source distribution.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{Result, cargo, root, run, run_in, target};

/// Generates `aod/_native` next to the façade, with the library that it loads.
pub(crate) fn generate() -> Result<()> {
    run(cargo().args(BUILD))?;
    let library = format!(
        "{}aod_ffi{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let built = target().join("ffi").join(&library);
    let package = root().join("bindings/python/aod/_native");
    fs::create_dir_all(&package)?;
    run(cargo()
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "bindgen",
            "--bin",
            "uniffi-bindgen",
            "--",
        ])
        .args([
            "generate",
            "--language",
            "python",
            "--no-format",
            "--library",
        ])
        .arg(&built)
        .arg("--out-dir")
        .arg(&package))?;
    fs::copy(&built, package.join(&library))?;
    fs::write(package.join("__init__.py"), "from .aod_ffi import *\n")?;
    Ok(())
}

const BUILD: [&str; 8] = [
    "build",
    "--locked",
    "--profile",
    "ffi",
    "--package",
    "aod-ffi",
    "--features",
    "json",
];

/// Makes `dist/python/*.whl` and `*.tar.gz`.
pub(crate) fn package(zig: bool) -> Result<()> {
    let tools = tools()?;
    let dist = root().join("dist/python");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    let mut build = Command::new(tools.join("python"));
    build
        .args([
            "-m",
            "maturin",
            "build",
            "--locked",
            "--sdist",
            "--profile",
            "ffi",
        ])
        .arg("--out")
        .arg(&dist);
    if zig {
        build.args(["--zig", "--compatibility", "manylinux2014"]);
    } else {
        build.args(["--compatibility", "linux"]);
    }
    // The pyproject.toml is found from here.
    run_in(&root().join("bindings/python"), &mut build)?;
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
fn tools() -> Result<PathBuf> {
    let venv = target().join("venv/packaging");
    let programs = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let requirements = root().join("bindings/python/packaging.txt");
    let done = venv.join("requirements.txt");
    if fs::read(&done).ok() != Some(fs::read(&requirements)?) {
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        run(Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(&venv))?;
        run(Command::new(programs.join("python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&requirements))?;
        fs::copy(&requirements, &done)?;
    }
    Ok(programs)
}

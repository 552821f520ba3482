//! The development server: the wheel `aod-devserver`, and the program that other packages contain.

use std::path::PathBuf;
use std::{env, fs};

use crate::library;
use crate::notices;
use crate::python;
use crate::toolchain::{Linkage, Toolchain};
use crate::tools::{Result, root, run, run_in, target};

/// The name of the crate, of its program and of the wheel.
pub(crate) const PACKAGE: &str = "aod-devserver";

/// Builds the wheel `dist/devserver/*.whl`.
pub(crate) fn package() -> Result<()> {
    let dist = root().join("dist/devserver");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    let folder = root().join("tests/devserver");
    notices::write(PACKAGE, &folder)?;
    let mut build = python::maturin()?;
    build.arg("build").arg("--out").arg(&dist);
    if cfg!(target_os = "linux") {
        // Linked with glibc 2.17, as `manylinux2014` requires.
        build.args(["--zig", "--compatibility", "manylinux2014"]);
    }
    // maturin looks for pyproject.toml in the current folder.
    run_in(&folder, &mut build)
}

/// Builds the program for this platform and returns the path of a stripped copy.
pub(crate) fn program() -> Result<PathBuf> {
    let toolchain = Toolchain::find()?;
    let mut rustc = library::rustc(&toolchain.target)?;
    let options = [
        "--locked",
        "--profile",
        "ffi",
        "--package",
        PACKAGE,
        "--bin",
        PACKAGE,
    ];
    run(rustc.args(options))?;
    let name = format!("{PACKAGE}{}", env::consts::EXE_SUFFIX);
    let built = target().join(&toolchain.target).join("ffi").join(&name);
    let folder = target().join("devserver");
    fs::create_dir_all(&folder)?;
    let stripped = folder.join(&name);
    fs::copy(&built, &stripped)?;
    toolchain.strip(&stripped, Linkage::Dynamic)?;
    Ok(stripped)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::tools::root;

    #[test]
    fn the_python_package_requires_the_devserver_of_its_version() {
        let project = fs::read_to_string(root().join("bindings/python/pyproject.toml")).unwrap();
        let requirement = concat!(
            "testing = [\"aod-devserver==",
            env!("CARGO_PKG_VERSION"),
            "\"]"
        );
        assert!(project.contains(requirement), "{requirement}");
    }
}

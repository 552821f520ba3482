//! The development server: the wheel `aod-devserver`, and the program that other packages contain.

use std::fs;
use std::path::PathBuf;

use crate::platform::{Format, Linkage, Platform};
use crate::toolchain::Toolchain;
use crate::tools::{Result, root, run, run_in, target};
use crate::{library, notices, prebuilt, python, release};

/// The name of the crate, of its program and of the wheel.
pub(crate) const PACKAGE: &str = "aod-devserver";

/// Builds a wheel `dist/devserver/*.whl` for each platform.
pub(crate) fn package(platforms: &[&'static Platform]) -> Result<()> {
    let dist = root().join("dist/devserver");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    let folder = root().join("tests/devserver");
    notices::write(PACKAGE, &folder)?;
    let built = target().join("wheels");
    for platform in platforms {
        if built.exists() {
            fs::remove_dir_all(&built)?;
        }
        // maturin looks for pyproject.toml in the current folder.
        run_in(
            &folder,
            &mut python::maturin_build(PACKAGE, platform, &built)?,
        )?;
        let wheel = python::only(&built, "whl")?;
        release::check_devserver_wheel(&wheel, platform)?;
        fs::create_dir_all(&dist)?;
        let name = wheel.file_name().ok_or("the wheel has no name")?;
        fs::copy(&wheel, dist.join(name))?;
    }
    Ok(())
}

/// Returns the file name of the program on a platform.
pub(crate) fn file_name(platform: &Platform) -> String {
    let suffix = if platform.format == Format::Pe {
        ".exe"
    } else {
        ""
    };
    format!("{PACKAGE}{suffix}")
}

/// Builds the program for a platform, unless another machine has built it, and returns the path of a stripped copy.
pub(crate) fn program(platform: &Platform) -> Result<PathBuf> {
    let name = file_name(platform);
    if let Some(folder) = prebuilt::folder(platform)? {
        return Ok(folder.join(name));
    }
    let mut rustc = library::rustc(platform)?;
    rustc.args(["--locked", "--profile", "ffi"]);
    run(rustc.args(["--package", PACKAGE, "--bin", PACKAGE]))?;
    let built = target().join(platform.triple).join("ffi").join(&name);
    let folder = target().join("devserver");
    fs::create_dir_all(&folder)?;
    let stripped = folder.join(&name);
    fs::copy(&built, &stripped)?;
    Toolchain::find()?.strip(&stripped, platform.format, Linkage::Dynamic)?;
    release::check_program(&stripped, platform)?;
    Ok(stripped)
}

#[cfg(test)]
mod tests {
    use super::*;

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

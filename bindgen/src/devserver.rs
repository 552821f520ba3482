//! The development server: the wheel `aod-devserver`, and the program that other packages contain.

use std::fs;
use std::path::PathBuf;

use crate::platform::{Format, Linkage, Platform};
use crate::toolchain::Toolchain;
use crate::tools::{Result, root, run, run_in, target};
use crate::{library, notices, python};

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
    for platform in platforms {
        // maturin looks for pyproject.toml in the current folder.
        run_in(&folder, &mut python::maturin_build(platform, &dist)?)?;
    }
    Ok(())
}

/// Builds the program for a platform and returns the path of a stripped copy.
pub(crate) fn program(platform: &Platform) -> Result<PathBuf> {
    let mut rustc = library::rustc(platform)?;
    rustc.args(["--locked", "--profile", "ffi"]);
    run(rustc.args(["--package", PACKAGE, "--bin", PACKAGE]))?;
    let suffix = if platform.format == Format::Pe {
        ".exe"
    } else {
        ""
    };
    let name = format!("{PACKAGE}{suffix}");
    let built = target().join(platform.triple).join("ffi").join(&name);
    let folder = target().join("devserver");
    fs::create_dir_all(&folder)?;
    let stripped = folder.join(&name);
    fs::copy(&built, &stripped)?;
    Toolchain::find()?.strip(&stripped, platform.format, Linkage::Dynamic)?;
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

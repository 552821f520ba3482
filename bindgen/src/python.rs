//! The wheel and the source distribution.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::generator;
use crate::library::Library;
use crate::notices;
use crate::toolchain::{Linkage, Toolchain};
use crate::tools::{Result, root, run, run_in, target};
use crate::venv;

const PACKAGE: &str = "bindings/python";

/// Generates `aod/_native` next to the façade, including the native library.
pub(crate) fn generate() -> Result<()> {
    let library = Library::build("aod-ffi-json")?;
    let native = root().join(PACKAGE).join("aod/_native");
    generator::generate(
        generator::Language::Python,
        &library.path(Linkage::Dynamic),
        &native,
    )?;
    library.strip_into(&native, Linkage::Dynamic)?;
    fs::write(native.join("__init__.py"), "from .aod_ffi_json import *\n")?;
    Ok(())
}

/// Builds the source distribution `dist/python/*.tar.gz`, and from it the wheel `dist/python/*.whl`.
pub(crate) fn package() -> Result<()> {
    let dist = root().join("dist/python");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    notices::write("aod-ffi-json", &root().join(PACKAGE))?;
    // maturin looks for pyproject.toml in the current folder.
    run_in(
        &root().join(PACKAGE),
        maturin()?.arg("sdist").arg("--out").arg(&dist),
    )?;
    let source = unpacked(&only(&dist, "gz")?)?;
    // maturin packages all bindings in this folder, including outdated ones of a library with another name.
    let generated = target().join("maturin/uniffi");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }

    let toolchain = Toolchain::find()?;
    let mut build = maturin()?;
    build.arg("build").arg("--out").arg(&dist);
    if cfg!(target_os = "linux") {
        // Linked with glibc 2.17, as `manylinux2014` requires.
        build.args(["--zig", "--compatibility", "manylinux2014"]);
    }
    build
        .arg("--")
        .args(toolchain.link_arguments("aod_ffi_json"));
    run_in(&only(&source, "")?, &mut build)?;
    fs::remove_dir_all(&source)?;
    strip(&toolchain, &only(&dist, "whl")?)
}

/// Returns the `maturin` command, which builds in the workspace's target folder.
pub(crate) fn maturin() -> Result<Command> {
    let mut maturin = venv::command("maturin")?;
    // The unpacked source distribution reuses the workspace's build artifacts.
    maturin.env("CARGO_TARGET_DIR", target());
    Ok(maturin)
}

/// Unpacks a source distribution, out of reach of our `.gitignore`. Its files are dated now: with the dates that they
/// have in it, the same for every build, Cargo would take what it compiled from an earlier one for theirs.
fn unpacked(archive: &Path) -> Result<PathBuf> {
    let folder = env::temp_dir().join(format!("aod-sdist-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    run(Command::new("tar")
        .args(["-xzm", "-f"])
        .arg(archive)
        .arg("-C")
        .arg(&folder))?;
    Ok(folder)
}

/// Returns the first entry of a folder with an extension, or any entry if the extension is empty.
fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if extension.is_empty() || path.extension().is_some_and(|found| found == extension) {
            return Ok(path);
        }
    }
    Err(format!("{} has no {extension}", folder.display()).into())
}

/// Strips the library in a wheel. This must happen after maturin has generated the bindings from it.
fn strip(toolchain: &Toolchain, wheel: &Path) -> Result<()> {
    let unpacked = target().join("wheel");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    run(venv::command("python")?
        .args(["-m", "wheel", "unpack", "--dest"])
        .arg(&unpacked)
        .arg(wheel))?;
    let folder = only(&unpacked, "")?;
    let library = only(&folder.join("aod/_native"), env::consts::DLL_EXTENSION)?;
    toolchain.strip(&library, Linkage::Dynamic)?;
    fs::remove_file(wheel)?;
    let dist = wheel.parent().ok_or("the wheel has no folder")?;
    run(venv::command("python")?
        .args(["-m", "wheel", "pack", "--dest-dir"])
        .arg(dist)
        .arg(&folder))
}

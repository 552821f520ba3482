//! The wheel and the source distribution.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::library::Library;
use crate::platform::{Linkage, Linker, Platform};
use crate::release::{self, sha256};
use crate::toolchain::{Toolchain, link_arguments};
use crate::tools::{Result, output, root, run, run_in, target};
use crate::{auditable, flags, generator, notices, sbom, venv};

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

/// Builds the source distribution `dist/python/*.tar.gz`, and from it a wheel `dist/python/*.whl` for each platform.
pub(crate) fn package(platforms: &[&'static Platform]) -> Result<()> {
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
    let sources = only(&dist, "gz")?;
    let licences = ["/LICENSE", "/THIRD-PARTY-NOTICES"];
    release::check_sources(&sources, &licences)?;
    let source = only(&unpacked(&sources)?, "")?;
    for platform in platforms {
        wheel(platform, &source, &dist)?;
    }
    Ok(())
}

/// Builds the wheel of a platform from an unpacked source distribution.
fn wheel(platform: &Platform, source: &Path, dist: &Path) -> Result<()> {
    // maturin packages all bindings in this folder, including outdated ones of a library with another name.
    let generated = target().join("maturin/uniffi");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }

    let unstripped = target().join("wheels");
    if unstripped.exists() {
        fs::remove_dir_all(&unstripped)?;
    }
    let mut build = maturin_build("aod-ffi-json", platform, &unstripped)?;
    build
        .arg("--")
        .args(link_arguments(platform, "aod_ffi_json"));
    run_in(source, &mut build)?;
    strip(platform, &only(&unstripped, "whl")?, dist)
}

/// Returns the command that builds the wheel of a crate for a platform from the current folder into another one.
pub(crate) fn maturin_build(package: &str, platform: &Platform, out: &Path) -> Result<Command> {
    let mut build = maturin()?;
    build.arg("build").arg("--out").arg(out);
    let bill = target().join(format!("{package}.cdx.json"));
    sbom::write(package, &[platform], &bill)?;
    build.arg(format!("--sbom-include={}", bill.display()));
    build.args(["--target", platform.triple]);
    if let Some(tag) = platform.wheel_tag() {
        build.args(["--compatibility", tag]);
    }
    if platform.linker != Linker::Native {
        build.arg("--zig");
    }
    if platform.linker == Linker::Musl {
        let (name, flags) = flags::variable(platform)?;
        build.env(name, flags);
    } else {
        build.args(flags::arguments(platform)?);
    }
    build.env_remove("RUSTFLAGS");
    auditable::apply(&mut build)?;
    Ok(build)
}

/// Returns the `maturin` command, which builds in the workspace's target folder.
fn maturin() -> Result<Command> {
    let mut maturin = venv::command("maturin")?;
    // The unpacked source distribution reuses the workspace's build artifacts.
    maturin.env("CARGO_TARGET_DIR", target());
    Ok(maturin)
}

/// Unpacks a source distribution, out of reach of our `.gitignore`, unless it is still there from the last build: then
/// Cargo compiles nothing again. The files are dated now: with the dates that they have in it, the same for every build,
/// Cargo would take what it compiled from an earlier one for theirs.
fn unpacked(archive: &Path) -> Result<PathBuf> {
    let folder = unpacked_sources();
    let digest = sha256(&fs::read(archive)?);
    // Beside the folder, which has nothing else in it.
    let complete = folder.with_extension("sha256");
    if fs::read_to_string(&complete).is_ok_and(|last| last == digest) {
        // The operating system may have removed some from its temporary folder.
        let files = output(Command::new("tar").arg("-tzf").arg(archive))?;
        if files.lines().all(|file| folder.join(file).exists()) {
            return Ok(folder);
        }
    }
    if complete.exists() {
        fs::remove_file(&complete)?;
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    run(Command::new("tar")
        .args(["-xzm", "-f"])
        .arg(archive)
        .arg("-C")
        .arg(&folder))?;
    fs::write(complete, digest)?;
    Ok(folder)
}

/// Returns the folder in which the source distribution of this checkout is unpacked.
pub(crate) fn unpacked_sources() -> PathBuf {
    let checkout = sha256(root().to_string_lossy().as_bytes());
    env::temp_dir().join(format!("aod-sdist-{}", &checkout[..16]))
}

/// Returns the first entry of a folder with an extension, or any entry if the extension is empty.
pub(crate) fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if extension.is_empty() || path.extension().is_some_and(|found| found == extension) {
            return Ok(path);
        }
    }
    Err(format!("{} has no {extension}", folder.display()).into())
}

/// Strips the library in a wheel, and writes the wheel into a folder. This must happen after maturin has generated the
/// bindings from the library.
fn strip(platform: &Platform, wheel: &Path, dist: &Path) -> Result<()> {
    let unpacked = target().join("wheel");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    run(venv::command("python")?
        .args(["-m", "wheel", "unpack", "--dest"])
        .arg(&unpacked)
        .arg(wheel))?;
    let folder = only(&unpacked, "")?;
    let library = platform.file_name("aod_ffi_json", Linkage::Dynamic);
    let library = folder.join("aod/_native").join(library);
    Toolchain::find()?.strip(&library, platform.format, Linkage::Dynamic)?;
    let packed = dist.join(wheel.file_name().ok_or("the wheel has no name")?);
    run(venv::command("python")?
        .args(["-m", "wheel", "pack", "--dest-dir"])
        .arg(dist)
        .arg(&folder))?;
    release::check_wheel(&packed, platform)
}

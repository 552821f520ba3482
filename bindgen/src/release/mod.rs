//! Everything that a release publishes, in `dist/`.

mod artifact;
mod library;
mod xcframework;

pub(crate) use artifact::{
    check_aar, check_devserver_wheel, check_jar, check_program_jar, check_sources, check_wheel,
};
pub(crate) use xcframework::check as check_xcframework;

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use self::library::Kind;
use crate::platform::{Format, Linker, Place, Platform};
use crate::toolchain::Toolchain;
use crate::tools::{self, Result, output, root};
use crate::{devserver, kotlin, prebuilt, python, sbom, swift};

/// A part of a release.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Part {
    /// What differs between platforms: wheels, the library for Swift, and in `target/prebuilt/` the libraries and
    /// programs for the part `kotlin`
    Native,
    /// The source distribution and the crates
    Sources,
    /// The jars and the AAR, with what `AOD_PREBUILT` has for the platforms
    Kotlin,
}

/// Builds and checks the artifacts of these platforms, or a part of them, and lists them with their size and SHA-256 in
/// `dist/SHA256SUMS` and `dist/manifest.json`. The crates and this machine's Swift package are among them if it is named.
pub(crate) fn run(platforms: &[&'static Platform], only: Option<Part>) -> Result<()> {
    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    if matches!(only, None | Some(Part::Native)) {
        native(platforms, &dist)?;
    }
    match only {
        None => {
            kotlin(platforms)?;
            if platforms.contains(&Toolchain::find()?.host()?) {
                swift::package(platforms)?;
                crates(&dist.join("crates"))?;
            }
        }
        Some(Part::Native) => {
            let python = dist.join("python");
            if python.exists() {
                // The wheels are built from it.
                fs::remove_file(python::only(&python, "gz")?)?;
            }
            prebuilt::write(platforms)?;
        }
        Some(Part::Sources) => {
            python::package(&[])?;
            crates(&dist.join("crates"))?;
        }
        Some(Part::Kotlin) => kotlin(platforms)?,
    }
    list(&dist, platforms)
}

/// Builds what differs between platforms.
fn native(platforms: &[&'static Platform], dist: &Path) -> Result<()> {
    let desktops = of(platforms, |place| matches!(place, Place::Desktop { .. }));
    if !desktops.is_empty() {
        python::package(&desktops)?;
        devserver::package(&desktops)?;
    }
    for platform in &desktops {
        if platform.linker == Linker::Glibc217 {
            swift::archive(platform, &dist.join("swift"))?;
        }
    }
    if platforms
        .iter()
        .any(|platform| platform.place == Place::Apple)
    {
        let apple = platforms.iter().copied();
        let apple: Vec<_> = apple
            .filter(|platform| platform.format == Format::MachO)
            .collect();
        swift::archive_xcframework(&apple, &dist.join("swift"))?;
        let bill = dist.join("swift/AodNativeFFI.xcframework.cdx.json");
        sbom::write("aod-ffi", &apple, &bill)?;
    }
    Ok(())
}

/// Builds the jars and the AAR.
fn kotlin(platforms: &[&'static Platform]) -> Result<()> {
    kotlin::clean()?;
    match of(platforms, |place| place != Place::Apple).as_slice() {
        [] => Ok(()),
        platforms => kotlin::package(platforms),
    }
}

fn of(platforms: &[&'static Platform], is_chosen: fn(Place) -> bool) -> Vec<&'static Platform> {
    let chosen = platforms
        .iter()
        .filter(|platform| is_chosen(platform.place));
    chosen.copied().collect()
}

/// Checks a stripped library; see [`library::check`].
pub(crate) fn check_library(library: &Path, platform: &Platform) -> Result<()> {
    library::check(Kind::Library, library, platform)
}

/// Checks a stripped program; see [`library::check`].
pub(crate) fn check_program(program: &Path, platform: &Platform) -> Result<()> {
    library::check(Kind::Program, program, platform)
}

/// Packages the crates, and compiles them from what was packaged.
fn crates(dist: &Path) -> Result<()> {
    tools::run(
        Command::new(env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
            .arg(root().join(".github/scripts/publish_crates.py"))
            .arg("--package")
            .arg(dist),
    )?;
    let packages: Vec<_> = fs::read_dir(dist)?.collect::<io::Result<_>>()?;
    for package in packages {
        let files = ["/Cargo.toml", "/README.md", "/LICENSE", "/src/lib.rs"];
        check_sources(&package.path(), &files)?;
        // crates.io takes no bill of materials, so it is beside the package.
        let name = package.file_name().to_string_lossy().into_owned();
        let name = name.strip_suffix(concat!("-", env!("CARGO_PKG_VERSION"), ".crate"));
        let name = name.ok_or("a package of a crate has another version")?;
        let bill = format!("{name}-{}.cdx.json", env!("CARGO_PKG_VERSION"));
        sbom::write(name, &[], &dist.join(bill))?;
    }
    Ok(())
}

/// Writes the lists of the artifacts, and prints them as a table.
fn list(dist: &Path, platforms: &[&'static Platform]) -> Result<()> {
    let mut artifacts = Vec::new();
    let mut sums = String::new();
    let mut table = io::stdout().lock();
    for file in files(dist)? {
        let name = file
            .strip_prefix(dist)?
            .to_string_lossy()
            .replace('\\', "/");
        let bytes = fs::read(&file)?;
        let (size, sha256) = (bytes.len(), sha256(&bytes));
        writeln!(table, "{size:>9}  {}  {name}", &sha256[..16])?;
        sums.push_str(&format!("{sha256}  {name}\n"));
        artifacts.push(json!({"path": name, "size": size, "sha256": sha256}));
    }
    let manifest = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": output(Command::new("git").args(["rev-parse", "HEAD"]))?,
        "rustc": output(Command::new("rustc").arg("--version"))?,
        "lock": sha256(&fs::read(root().join("Cargo.lock"))?),
        "platforms": platforms.iter().map(|platform| platform.triple).collect::<Vec<_>>(),
        "artifacts": artifacts,
    });
    // The libraries for Android alone are only in the AAR.
    fs::create_dir_all(dist)?;
    fs::write(dist.join("SHA256SUMS"), sums)?;
    fs::write(
        dist.join("manifest.json"),
        format!("{}\n", serde_json::to_string_pretty(&manifest)?),
    )?;
    Ok(())
}

/// Returns the SHA-256 of a file's content, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Returns the files of `dist` that are published, sorted: not the Swift package, of which a release is a repository.
fn files(dist: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["crates", "devserver", "kotlin", "python", "swift"] {
        let Ok(entries) = fs::read_dir(dist.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

//! Everything that a release publishes, in `dist/`.

mod artifact;
mod library;
mod xcframework;

pub(crate) use artifact::{check_jar, check_sources, check_wheel};
pub(crate) use library::check as check_library;
pub(crate) use xcframework::check as check_xcframework;

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::platform::{Linker, Place, Platform};
use crate::toolchain::Toolchain;
use crate::tools::{Result, output, root, run};
use crate::{devserver, kotlin, python, swift};

/// Builds and checks the artifacts of these platforms, and lists them with their size and SHA-256 in `dist/SHA256SUMS`
/// and `dist/manifest.json`. This machine's packages of the crates and of Swift are among them if it is named.
pub(crate) fn run_all(platforms: &[&'static Platform]) -> Result<()> {
    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    kotlin::clean()?;
    let places = |is_chosen: fn(Place) -> bool| -> Vec<_> {
        let chosen = platforms
            .iter()
            .filter(|platform| is_chosen(platform.place));
        chosen.copied().collect()
    };
    let desktops = places(|place| matches!(place, Place::Desktop { .. }));
    if !desktops.is_empty() {
        python::package(&desktops)?;
        devserver::package(&desktops)?;
    }
    let jvms = places(|place| place != Place::Apple);
    if !jvms.is_empty() {
        kotlin::package(&jvms)?;
    }
    let has_host = platforms.contains(&Toolchain::find()?.host()?);
    if has_host {
        swift::package(platforms)?;
        crates(&dist.join("crates"))?;
    }
    for platform in &desktops {
        if platform.linker == Linker::Glibc217 {
            swift::archive(platform, &dist.join("swift"))?;
        }
    }
    // Otherwise the Swift package has it.
    if !has_host && !places(|place| place == Place::Apple).is_empty() {
        swift::archive_xcframework(platforms, &dist.join("swift"))?;
    }
    list(&dist, platforms)
}

/// Packages the crates, and compiles them from what was packaged.
fn crates(dist: &Path) -> Result<()> {
    run(
        Command::new(env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
            .arg(root().join(".github/scripts/publish_crates.py"))
            .arg("--package")
            .arg(dist),
    )?;
    for entry in fs::read_dir(dist)? {
        let files = ["/Cargo.toml", "/README.md", "/LICENSE", "/src/lib.rs"];
        check_sources(&entry?.path(), &files)?;
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
    fs::write(dist.join("SHA256SUMS"), sums)?;
    fs::write(
        dist.join("manifest.json"),
        format!("{}\n", serde_json::to_string_pretty(&manifest)?),
    )?;
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
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

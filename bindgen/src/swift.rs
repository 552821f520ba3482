//! The Swift package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{self, Result, root, run, target};

const PACKAGE: &str = "bindings/swift";

/// What the package is made of, besides the sources.
const BESIDES: [&str; 2] = ["Package.swift", "README.md"];

/// Generates the Swift side next to the façade, with its C header and this platform's library.
pub(crate) fn generate() -> Result<()> {
    let library = tools::static_library("typed")?;
    let generated = target().join("swift");
    tools::generate("swift", &library, &generated)?;
    let sources = root().join(PACKAGE).join("Sources");
    let swift = sources.join("AodNative");
    fs::create_dir_all(&swift)?;
    fs::copy(
        generated.join("AodNative.swift"),
        swift.join("AodNative.swift"),
    )?;
    let native = sources.join("AodNativeFFI");
    fs::copy(
        generated.join("AodNativeFFI.h"),
        native.join("AodNativeFFI.h"),
    )?;
    let folder = native.join("lib");
    fs::create_dir_all(&folder)?;
    let stripped = folder.join(library.file_name().ok_or("the library has no name")?);
    fs::copy(&library, &stripped)?;
    // Only now: the generator reads what stripping takes away. The linker needs the symbols, and nobody the rest.
    run(Command::new("strip")
        .arg(if cfg!(target_os = "macos") {
            "-S"
        } else {
            "--strip-debug"
        })
        .arg(&stripped))
}

/// Makes `dist/swift/AgentOnDemand`, a package to depend on by its path.
pub(crate) fn package() -> Result<()> {
    generate()?;
    let source = root().join(PACKAGE);
    let package = root().join("dist/swift/AgentOnDemand");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::create_dir_all(&package)?;
    for name in BESIDES {
        fs::copy(source.join(name), package.join(name))?;
    }
    fs::copy(root().join("LICENSE"), package.join("LICENSE"))?;
    copy_folder(&source.join("Sources"), &package.join("Sources"))
}

fn copy_folder(from: &Path, to: &PathBuf) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

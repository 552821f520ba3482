//! The libraries that the packages have in them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::toolchain::{Linkage, Toolchain};
use crate::tools::{Result, run, target};
use crate::venv;

/// A library that is built, for a program to load and to be linked with. It is not stripped: the generator reads its
/// metadata.
pub(crate) struct Library {
    toolchain: Toolchain,
    folder: PathBuf,
    name: String,
}

impl Library {
    /// Builds the library of a package, alone: what other members of the workspace enable in its dependencies stays
    /// out.
    pub(crate) fn build(package: &str) -> Result<Self> {
        let name = package.replace('-', "_");
        let toolchain = Toolchain::find()?;
        let (mut rustc, folder) = rustc(&toolchain.target)?;
        run(rustc
            .args(["--locked", "--profile", "ffi", "--package", package])
            // With the form for Rust among them, rustc would not optimize across crates.
            .args(["--lib", "--crate-type", "cdylib,staticlib", "--"])
            .args(toolchain.link_arguments(&name)))?;
        let folder = target().join(folder).join("ffi");
        Ok(Self {
            toolchain,
            folder,
            name,
        })
    }

    pub(crate) fn path(&self, linkage: Linkage) -> PathBuf {
        let (prefix, suffix) = match linkage {
            Linkage::Dynamic => (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX),
            Linkage::Static => ("lib", ".a"),
        };
        self.folder.join(format!("{prefix}{}{suffix}", self.name))
    }

    /// Writes the stripped library into a folder.
    pub(crate) fn strip_into(&self, folder: &Path, linkage: Linkage) -> Result<()> {
        let library = self.path(linkage);
        let stripped = folder.join(library.file_name().ok_or("the library has no name")?);
        fs::create_dir_all(folder)?;
        fs::copy(&library, &stripped)?;
        self.toolchain.strip(&stripped, linkage)
    }
}

/// `cargo rustc` for a target, and the folder under `target` that it compiles to.
fn rustc(target: &str) -> Result<(Command, &str)> {
    if !matches!(
        target,
        "x86_64-unknown-linux-gnu" | "aarch64-unknown-linux-gnu"
    ) {
        let mut rustc = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        rustc.arg("rustc");
        return Ok((rustc, ""));
    }
    // Against the C library of 2014, so that the packages run on old systems too.
    let mut rustc = venv::command("cargo-zigbuild")?;
    rustc.args(["rustc", "--target", &format!("{target}.2.17")]);
    Ok((rustc, target))
}

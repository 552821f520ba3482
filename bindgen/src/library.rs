//! The native libraries of the packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::toolchain::{Linkage, Toolchain};
use crate::tools::{Result, run, target};
use crate::venv;

/// A compiled library, in dynamic and static form. It is not stripped, because the generator reads its metadata.
pub(crate) struct Library {
    toolchain: Toolchain,
    folder: PathBuf,
    name: String,
}

impl Library {
    /// Builds the library of one package, without the dependency features that other workspace members enable.
    pub(crate) fn build(package: &str) -> Result<Self> {
        let name = package.replace('-', "_");
        let toolchain = Toolchain::find()?;
        let mut rustc = rustc(&toolchain.target)?;
        run(rustc
            .args(["--locked", "--profile", "ffi", "--package", package])
            // Not with the crate type `lib`, which prevents link-time optimization.
            .args(["--lib", "--crate-type", "cdylib,staticlib", "--"])
            .args(toolchain.link_arguments(&name)))?;
        let folder = target().join(&toolchain.target).join("ffi");
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

    /// Copies the library to a folder and strips the copy.
    pub(crate) fn strip_into(&self, folder: &Path, linkage: Linkage) -> Result<()> {
        let library = self.path(linkage);
        let stripped = folder.join(library.file_name().ok_or("the library has no file name")?);
        fs::create_dir_all(folder)?;
        fs::copy(&library, &stripped)?;
        self.toolchain.strip(&stripped, linkage)
    }
}

/// Returns the `cargo rustc` command for a target.
pub(crate) fn rustc(target: &str) -> Result<Command> {
    if !matches!(
        target,
        "x86_64-unknown-linux-gnu" | "aarch64-unknown-linux-gnu"
    ) {
        let mut rustc = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Named, as the environment or a configuration file may set another default.
        rustc.args(["rustc", "--target", target]);
        return Ok(rustc);
    }
    // Linked with glibc 2.17, so that the packages run on old systems too.
    let mut rustc = venv::command("cargo-zigbuild")?;
    rustc.args(["rustc", "--target", &format!("{target}.2.17")]);
    Ok(rustc)
}

//! The native libraries of the packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::platform::{Linkage, Linker, Platform};
use crate::toolchain::{Toolchain, link_arguments};
use crate::tools::{Result, run, target};
use crate::{flags, venv};

/// A compiled library, in dynamic and static form. It is not stripped, because the generator reads its metadata.
pub(crate) struct Library {
    toolchain: Toolchain,
    platform: &'static Platform,
    name: String,
}

impl Library {
    /// Builds the library of one package for this machine.
    pub(crate) fn build(package: &str) -> Result<Self> {
        let host = Toolchain::find()?.host()?;
        Self::build_for(host, package)
    }

    /// Builds the library of one package, without the dependency features that other workspace members enable.
    pub(crate) fn build_for(platform: &'static Platform, package: &str) -> Result<Self> {
        let name = package.replace('-', "_");
        let mut rustc = rustc(platform)?;
        run(rustc
            .args(["--locked", "--profile", "ffi", "--package", package])
            // Not with the crate type `lib`, which prevents link-time optimization.
            .args(["--lib", "--crate-type", "cdylib,staticlib", "--"])
            .args(link_arguments(platform, &name)))?;
        Ok(Self {
            toolchain: Toolchain::find()?,
            platform,
            name,
        })
    }

    pub(crate) fn path(&self, linkage: Linkage) -> PathBuf {
        let folder = target().join(self.platform.triple).join("ffi");
        folder.join(self.platform.file_name(&self.name, linkage))
    }

    /// Copies the library to a folder and strips the copy, whose path is returned.
    pub(crate) fn strip_into(&self, folder: &Path, linkage: Linkage) -> Result<PathBuf> {
        let stripped = folder.join(self.platform.file_name(&self.name, linkage));
        fs::create_dir_all(folder)?;
        fs::copy(self.path(linkage), &stripped)?;
        self.toolchain
            .strip(&stripped, self.platform.format, linkage)?;
        Ok(stripped)
    }
}

/// Returns the `cargo rustc` command for a platform.
fn rustc(platform: &Platform) -> Result<Command> {
    let Platform { triple, .. } = platform;
    let mut rustc = match platform.linker {
        Linker::Native => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        Linker::Glibc217 | Linker::Musl => venv::command("cargo-zigbuild")?,
    };
    // Named, as the environment or a configuration file may set another default.
    rustc.args(["rustc", "--target"]);
    match platform.linker {
        Linker::Glibc217 => rustc.arg(format!("{triple}.2.17")),
        Linker::Musl | Linker::Native => rustc.arg(triple),
    };
    rustc.args(flags::arguments(platform)?);
    rustc.env_remove("RUSTFLAGS");
    Ok(rustc)
}

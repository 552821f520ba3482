//! The native libraries of the packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::platform::{Format, Linkage, Linker, Platform};
use crate::toolchain::{Toolchain, link_arguments};
use crate::tools::{Result, run, target};
use crate::{apple, auditable, flags, prebuilt, venv};

/// A compiled library, in dynamic and static form. It is not stripped, because the generator reads its metadata.
pub(crate) struct Library {
    toolchain: Toolchain,
    platform: &'static Platform,
    folder: PathBuf,
    name: String,
}

impl Library {
    /// Builds the library of one package for this machine.
    pub(crate) fn build(package: &str) -> Result<Self> {
        let host = Toolchain::find()?.host()?;
        Self::build_for(host, package)
    }

    /// Builds the library of one package, without the dependency features that other workspace members enable, unless
    /// another machine has built it.
    pub(crate) fn build_for(platform: &'static Platform, package: &str) -> Result<Self> {
        Self::build_as("cdylib,staticlib", platform, package)
    }

    /// Builds the static library of one package only, for which no linker of the platform is needed.
    pub(crate) fn build_static(platform: &'static Platform, package: &str) -> Result<Self> {
        Self::build_as("staticlib", platform, package)
    }

    fn build_as(kinds: &str, platform: &'static Platform, package: &str) -> Result<Self> {
        let name = package.replace('-', "_");
        let folder = if let Some(folder) = prebuilt::folder(platform)? {
            folder
        } else {
            let mut rustc = rustc(platform)?;
            run(rustc
                .args(["--locked", "--profile", "ffi", "--package", package])
                // Not with the crate type `lib`, which prevents link-time optimization.
                .args(["--lib", "--crate-type", kinds, "--"])
                .args(link_arguments(platform, &name)))?;
            target().join(platform.triple).join("ffi")
        };
        Ok(Self {
            toolchain: Toolchain::find()?,
            platform,
            folder,
            name,
        })
    }

    pub(crate) fn path(&self, linkage: Linkage) -> PathBuf {
        let name = self.platform.file_name(&self.name, linkage);
        self.folder.join(name)
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
pub(crate) fn rustc(platform: &Platform) -> Result<Command> {
    let Platform { triple, .. } = platform;
    let mut rustc = match platform.linker {
        Linker::Native => cargo(),
        Linker::Ndk(compiler) => with_ndk(cargo(), platform, compiler)?,
        Linker::Glibc217 | Linker::Musl => venv::command("cargo-zigbuild")?,
    };
    if platform.format == Format::MachO {
        apple::set_up(&mut rustc, platform)?;
    }
    // Named, as the environment or a configuration file may set another default.
    rustc.args(["rustc", "--target"]);
    match platform.linker {
        Linker::Glibc217 => rustc.arg(format!("{triple}.2.17")),
        Linker::Musl | Linker::Ndk(_) | Linker::Native => rustc.arg(triple),
    };
    rustc.args(flags::arguments(platform)?);
    rustc.env_remove("RUSTFLAGS");
    auditable::apply(&mut rustc)?;
    Ok(rustc)
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Has Cargo compile C code and link with the Android NDK, for API level 26.
fn with_ndk(mut cargo: Command, platform: &Platform, compiler: &str) -> Result<Command> {
    let ndk = env::var_os("ANDROID_NDK_HOME").ok_or("ANDROID_NDK_HOME is not set")?;
    let host = match env::consts::OS {
        "macos" => "darwin-x86_64",
        "windows" => "windows-x86_64",
        _ => "linux-x86_64",
    };
    let tools = Path::new(&ndk)
        .join("toolchains/llvm/prebuilt")
        .join(host)
        .join("bin");
    let suffix = if cfg!(windows) { ".cmd" } else { "" };
    let compiler = tools.join(format!("{compiler}26-clang{suffix}"));
    if !compiler.exists() {
        return Err(format!("missing: {}, of the Android NDK", compiler.display()).into());
    }
    let triple = platform.triple.replace('-', "_");
    cargo
        .env(format!("CC_{triple}"), &compiler)
        .env(
            format!("AR_{triple}"),
            tools.join(format!("llvm-ar{}", env::consts::EXE_SUFFIX)),
        )
        .env(
            format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase()),
            &compiler,
        );
    Ok(cargo)
}

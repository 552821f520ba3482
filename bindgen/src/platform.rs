//! The platforms that packages contain native libraries for.

use std::fmt;
use std::str::FromStr;

use crate::tools::Result;

/// A platform, and what the packages call it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// The Rust target triple.
    pub(crate) triple: &'static str,
    /// The folder in the jar. JNA looks in it, except for musl, which JNA does not tell from glibc.
    pub(crate) jar_folder: &'static str,
    /// The platform tag of wheels on Linux, which maturin checks.
    pub(crate) wheel_tag: Option<&'static str>,
    pub(crate) format: Format,
    pub(crate) linker: Linker,
}

/// The format of libraries and programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Elf,
    MachO,
    Pe,
}

/// How libraries are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Linker {
    /// By zig, with the oldest glibc that `manylinux2014` allows, so that they load on old systems too.
    Glibc217,
    /// By zig, with musl.
    Musl,
    /// By the linker of the target, which must be installed.
    Native,
}

/// Each platform, of which a machine builds some.
pub(crate) const PLATFORMS: [Platform; 9] = [
    linux(
        "x86_64-unknown-linux-gnu",
        "linux-x86-64",
        "manylinux2014",
        Linker::Glibc217,
    ),
    linux(
        "aarch64-unknown-linux-gnu",
        "linux-aarch64",
        "manylinux2014",
        Linker::Glibc217,
    ),
    linux(
        "x86_64-unknown-linux-musl",
        "linux-musl-x86-64",
        "musllinux_1_2",
        Linker::Musl,
    ),
    linux(
        "aarch64-unknown-linux-musl",
        "linux-musl-aarch64",
        "musllinux_1_2",
        Linker::Musl,
    ),
    other("x86_64-pc-windows-gnu", "win32-x86-64", Format::Pe),
    other("x86_64-pc-windows-msvc", "win32-x86-64", Format::Pe),
    other("aarch64-pc-windows-msvc", "win32-aarch64", Format::Pe),
    other("aarch64-apple-darwin", "darwin-aarch64", Format::MachO),
    other("x86_64-apple-darwin", "darwin-x86-64", Format::MachO),
];

const fn linux(
    triple: &'static str,
    jar_folder: &'static str,
    wheel_tag: &'static str,
    linker: Linker,
) -> Platform {
    Platform {
        triple,
        jar_folder,
        wheel_tag: Some(wheel_tag),
        format: Format::Elf,
        linker,
    }
}

const fn other(triple: &'static str, jar_folder: &'static str, format: Format) -> Platform {
    Platform {
        triple,
        jar_folder,
        wheel_tag: None,
        format,
        linker: Linker::Native,
    }
}

impl Platform {
    /// Returns the platform with a target triple.
    pub(crate) fn of(triple: &str) -> Result<&'static Self> {
        let platform = PLATFORMS.iter().find(|platform| platform.triple == triple);
        platform.ok_or_else(|| {
            let known = PLATFORMS.each_ref().map(|platform| platform.triple);
            format!(
                "no package has a library for {triple}, only for {}",
                known.join(", ")
            )
            .into()
        })
    }

    /// Returns the file name of a library in dynamic or static form.
    pub(crate) fn file_name(&self, library: &str, linkage: Linkage) -> String {
        match (linkage, self.format) {
            (Linkage::Static, Format::Pe) if self.triple.ends_with("-msvc") => {
                format!("{library}.lib")
            }
            (Linkage::Static, _) => format!("lib{library}.a"),
            (Linkage::Dynamic, Format::Elf) => format!("lib{library}.so"),
            (Linkage::Dynamic, Format::MachO) => format!("lib{library}.dylib"),
            (Linkage::Dynamic, Format::Pe) => format!("{library}.dll"),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

/// A platform that an option names by its target triple.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named(pub(crate) &'static Platform);

impl FromStr for Named {
    type Err = Box<dyn std::error::Error + Send + Sync>;

    fn from_str(triple: &str) -> std::result::Result<Self, Self::Err> {
        Platform::of(triple)
            .map(Self)
            .map_err(|error| error.to_string().into())
    }
}

/// The kind of linkage of a library.
#[derive(Clone, Copy)]
pub(crate) enum Linkage {
    /// Programs load it and use its exported symbols.
    Dynamic,
    /// Programs are linked with it and use all its symbols.
    Static,
}

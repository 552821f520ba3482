//! The platforms that packages contain native libraries for.

use std::fmt;
use std::str::FromStr;

use crate::tools::Result;

/// A platform, and where its library is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// The Rust target triple.
    pub(crate) triple: &'static str,
    pub(crate) place: Place,
    pub(crate) format: Format,
    pub(crate) linker: Linker,
}

/// The packages that contain the library of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A wheel of its own and a folder of the jar. JNA looks in this folder, except for musl, which JNA does not tell
    /// from glibc.
    Desktop { jar_folder: &'static str },
    /// A folder of the AAR.
    Android { abi: &'static str },
    /// The `XCFramework` only.
    Apple,
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
    /// By the compiler with this name in the Android NDK, without the number of the API level.
    Ndk(&'static str),
    /// By the linker of the target, which must be installed.
    Native,
}

/// Each platform, of which a machine builds some.
pub(crate) const PLATFORMS: [Platform; 20] = [
    linux("x86_64-unknown-linux-gnu", "linux-x86-64", Linker::Glibc217),
    linux(
        "aarch64-unknown-linux-gnu",
        "linux-aarch64",
        Linker::Glibc217,
    ),
    linux(
        "x86_64-unknown-linux-musl",
        "linux-musl-x86-64",
        Linker::Musl,
    ),
    linux(
        "aarch64-unknown-linux-musl",
        "linux-musl-aarch64",
        Linker::Musl,
    ),
    desktop("x86_64-pc-windows-gnu", "win32-x86-64", Format::Pe),
    desktop("x86_64-pc-windows-msvc", "win32-x86-64", Format::Pe),
    desktop("aarch64-pc-windows-msvc", "win32-aarch64", Format::Pe),
    desktop("aarch64-apple-darwin", "darwin-aarch64", Format::MachO),
    desktop("x86_64-apple-darwin", "darwin-x86-64", Format::MachO),
    android(
        "aarch64-linux-android",
        "arm64-v8a",
        "aarch64-linux-android",
    ),
    android(
        "armv7-linux-androideabi",
        "armeabi-v7a",
        "armv7a-linux-androideabi",
    ),
    android("x86_64-linux-android", "x86_64", "x86_64-linux-android"),
    android("i686-linux-android", "x86", "i686-linux-android"),
    apple("aarch64-apple-ios"),
    apple("aarch64-apple-ios-sim"),
    apple("x86_64-apple-ios"),
    apple("aarch64-apple-ios-macabi"),
    apple("x86_64-apple-ios-macabi"),
    apple("aarch64-apple-visionos"),
    apple("aarch64-apple-visionos-sim"),
];

const fn linux(triple: &'static str, jar_folder: &'static str, linker: Linker) -> Platform {
    Platform {
        linker,
        ..desktop(triple, jar_folder, Format::Elf)
    }
}

const fn desktop(triple: &'static str, jar_folder: &'static str, format: Format) -> Platform {
    Platform {
        triple,
        place: Place::Desktop { jar_folder },
        format,
        linker: Linker::Native,
    }
}

const fn android(triple: &'static str, abi: &'static str, compiler: &'static str) -> Platform {
    Platform {
        triple,
        place: Place::Android { abi },
        format: Format::Elf,
        linker: Linker::Ndk(compiler),
    }
}

const fn apple(triple: &'static str) -> Platform {
    Platform {
        triple,
        place: Place::Apple,
        format: Format::MachO,
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

    /// Returns the folder of its library in the jar, or `None` if the jar has none.
    pub(crate) fn jar_folder(&self) -> Option<&'static str> {
        match self.place {
            Place::Desktop { jar_folder } => Some(jar_folder),
            Place::Android { .. } | Place::Apple => None,
        }
    }

    /// Returns the platform tag of its wheel, which maturin checks, or `None` if maturin chooses it.
    pub(crate) fn wheel_tag(&self) -> Option<&'static str> {
        match self.linker {
            Linker::Glibc217 => Some("manylinux2014"),
            Linker::Musl => Some("musllinux_1_2"),
            Linker::Ndk(_) | Linker::Native => None,
        }
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

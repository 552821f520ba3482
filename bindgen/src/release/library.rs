//! Checks of a native library, and of the program, as they are published.

use std::path::{MAIN_SEPARATOR, Path};
use std::{env, fs};

use goblin::Object;
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use goblin::mach::{Mach, MachO};
use goblin::pe::PE;

use crate::platform::{Linker, Place, Platform};
use crate::tools::{Result, root};
use crate::{devserver, python};

/// What is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The dynamic library of the Python package, which exports the functions of UniFFI.
    PythonLibrary,
    /// The dynamic library of the other packages, which does so too.
    Library,
    /// The program of the development server.
    Program,
}

impl Kind {
    /// Returns the largest size of a stripped file, in bytes.
    fn max_size(self) -> usize {
        match self {
            Self::PythonLibrary => 6_000_000,
            Self::Library => 6_900_000,
            Self::Program => 3_000_000,
        }
    }

    /// Returns the crate of this repository that the list of crates must contain.
    fn crate_name(self) -> &'static str {
        match self {
            Self::PythonLibrary | Self::Library => "aod-sdk",
            Self::Program => devserver::PACKAGE,
        }
    }
}

/// The largest size of the list of crates, in bytes.
const MAX_LIST: usize = 1 << 20;

/// The newest glibc whose symbols a library may need.
const GLIBC: (u32, u32) = (2, 17);

/// The alignment of segments on 64-bit Android, whose devices with pages of 16 KB load no library with less.
const ANDROID_PAGE: u64 = 16 << 10;

/// Checks a stripped library or program of a platform: its format and architecture, what it needs and exports, its
/// size, that it has a list of its crates, and that nothing of this machine is in it.
pub(crate) fn check(kind: Kind, file: &Path, platform: &Platform) -> Result<()> {
    let bytes = fs::read(file)?;
    problems(kind, &bytes, platform)
        .and_then(|problems| match problems.as_slice() {
            [] => Ok(()),
            _ => Err(problems.join("; ").into()),
        })
        .map_err(|problem| format!("{} for {platform}: {problem}", file.display()).into())
}

fn problems(kind: Kind, bytes: &[u8], platform: &Platform) -> Result<Vec<String>> {
    let facts = match Object::parse(bytes)? {
        Object::Elf(elf) => Facts::of_elf(&elf),
        Object::PE(pe) => Facts::of_pe(&pe),
        Object::Mach(Mach::Binary(mach)) => Facts::of_mach_o(&mach)?,
        _ => return Err("neither an ELF nor a PE nor a Mach-O file".into()),
    };
    let mut problems = facts.problems(kind, platform);
    let (size, max_size) = (bytes.len(), kind.max_size());
    if size > max_size {
        problems.push(format!("has {size} bytes, more than {max_size}"));
    }
    problems.extend(problem_of_list(kind, bytes));
    problems.extend(local_path(bytes).map(|path| format!("contains the path {path}")));
    Ok(problems)
}

/// Returns what is wrong with the list of the crates.
fn problem_of_list(kind: Kind, bytes: &[u8]) -> Option<String> {
    let list = match auditable_info::audit_info_from_slice(bytes, MAX_LIST) {
        Ok(list) => list,
        Err(error) => return Some(format!("has no list of its crates: {error}")),
    };
    let (name, version) = (kind.crate_name(), env!("CARGO_PKG_VERSION"));
    let mut packages = list.packages.iter();
    let is_listed =
        packages.any(|package| package.name == name && package.version.to_string() == version);
    (!is_listed).then(|| format!("has a list of crates without {name} {version}"))
}

/// What is known of a library or a program, whatever its format.
struct Facts {
    architecture: &'static str,
    /// Whether it has symbols or debug information that nobody needs to load it.
    stripped: bool,
    exports: Vec<String>,
    /// The libraries that it needs.
    needs: Vec<String>,
    /// The versions of glibc's symbols that it needs, such as `GLIBC_2.17`.
    versions: Vec<String>,
    /// The smallest alignment of a segment that is loaded, of a 64-bit ELF library.
    alignment: Option<u64>,
    /// The name that a program which is linked with it looks for, on Apple platforms.
    install_name: Option<String>,
    /// On Windows, the times in the header and in the export table, in seconds since 1970, or a hash that the linker of
    /// MSVC writes instead; 0 if absent.
    link_times: [u32; 2],
}

impl Facts {
    fn of_elf(elf: &Elf) -> Self {
        let name = |offset| elf.shdr_strtab.get_at(offset).unwrap_or_default();
        let sections = || {
            elf.section_headers
                .iter()
                .map(|header| name(header.sh_name))
        };
        let exported = elf.dynsyms.iter().filter(|symbol| !symbol.is_import());
        let segments = elf.program_headers.iter();
        let loaded = segments.filter(|header| elf.is_64 && header.p_type == PT_LOAD);
        let versions = elf.verneed.iter().flat_map(|needs| {
            needs
                .iter()
                .flat_map(|need| need.iter().map(|aux| aux.vna_name).collect::<Vec<_>>())
                .filter_map(|name| elf.dynstrtab.get_at(name))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        Self {
            architecture: match elf.header.e_machine {
                goblin::elf::header::EM_X86_64 => "x86_64",
                goblin::elf::header::EM_AARCH64 => "aarch64",
                goblin::elf::header::EM_ARM => "armv7",
                goblin::elf::header::EM_386 => "i686",
                _ => "another architecture",
            },
            stripped: !sections().any(|name| name == ".symtab" || name.starts_with(".debug")),
            exports: exported
                .filter_map(|symbol| elf.dynstrtab.get_at(symbol.st_name))
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            needs: elf.libraries.iter().map(|&name| name.to_owned()).collect(),
            versions: versions.collect(),
            alignment: loaded.map(|header| header.p_align).min(),
            install_name: None,
            link_times: [0; 2],
        }
    }

    fn of_pe(pe: &PE) -> Self {
        Self {
            architecture: match pe.header.coff_header.machine {
                goblin::pe::header::COFF_MACHINE_X86_64 => "x86_64",
                goblin::pe::header::COFF_MACHINE_ARM64 => "aarch64",
                _ => "another architecture",
            },
            stripped: pe.header.coff_header.number_of_symbol_table == 0,
            exports: pe
                .exports
                .iter()
                .filter_map(|export| export.name.map(str::to_owned))
                .collect(),
            needs: pe.libraries.iter().map(|&name| name.to_owned()).collect(),
            versions: Vec::new(),
            alignment: None,
            install_name: None,
            link_times: [
                pe.header.coff_header.time_date_stamp,
                pe.export_data
                    .as_ref()
                    .map_or(0, |data| data.export_directory_table.time_date_stamp),
            ],
        }
    }

    fn of_mach_o(mach: &MachO) -> Result<Self> {
        use goblin::mach::cputype::{CPU_TYPE_ARM64, CPU_TYPE_X86_64};

        let debug = mach.symbols().filter_map(std::result::Result::ok);
        Ok(Self {
            architecture: match mach.header.cputype() {
                CPU_TYPE_X86_64 => "x86_64",
                CPU_TYPE_ARM64 => "aarch64",
                _ => "another architecture",
            },
            stripped: !debug.into_iter().any(|(_, symbol)| symbol.is_stab()),
            exports: mach
                .exports()?
                .into_iter()
                .map(|export| export.name.trim_start_matches('_').to_owned())
                .collect(),
            // The first entry is the library itself.
            needs: mach
                .libs
                .iter()
                .skip(1)
                .map(|&name| name.to_owned())
                .collect(),
            versions: Vec::new(),
            alignment: None,
            install_name: mach.name.map(str::to_owned),
            link_times: [0; 2],
        })
    }

    fn problems(&self, kind: Kind, platform: &Platform) -> Vec<String> {
        let mut problems = Vec::new();
        if !platform.triple.starts_with(self.architecture) {
            problems.push(format!("is for {}", self.architecture));
        }
        if !self.stripped {
            problems.push("is not stripped".to_owned());
        }
        let of_uniffi = |name: &String| name.starts_with("uniffi_") || name.starts_with("ffi_");
        if kind != Kind::Program && !self.exports.iter().any(of_uniffi) {
            problems.push("exports no function of UniFFI".to_owned());
        }
        problems.extend(
            self.needs
                .iter()
                .filter(|name| !is_of_system(name, platform))
                .map(|name| format!("needs {name}, which not every system has")),
        );
        problems.extend(
            self.versions
                .iter()
                .filter(|version| is_newer(version))
                .map(|version| format!("needs {version}")),
        );
        if let (Place::Android { .. }, Some(alignment)) = (platform.place, self.alignment)
            && alignment < ANDROID_PAGE
        {
            problems.push(format!(
                "has segments that are aligned to {alignment} bytes"
            ));
        }
        // With `/Brepro`, the linker of MSVC writes a hash there, which is not checked.
        if self.link_times != [0; 2] && !platform.triple.ends_with("-msvc") {
            problems.push("contains the time when it was linked".to_owned());
        }
        if let Some(name) = &self.install_name
            && !name.starts_with("@rpath/")
        {
            problems.push(format!("has the install name {name}"));
        }
        problems
    }
}

/// Whether every system of a platform has a library.
fn is_of_system(name: &str, platform: &Platform) -> bool {
    match platform.linker {
        Linker::Glibc217 => [
            "libc.so.6",
            "libm.so.6",
            "libpthread.so.0",
            "libdl.so.2",
            "librt.so.1",
            "libgcc_s.so.1",
            "ld-linux-x86-64.so.2",
            "ld-linux-aarch64.so.1",
        ]
        .contains(&name),
        Linker::Musl => name == "libc.so",
        Linker::Ndk(_) => ["libc.so", "libm.so", "libdl.so", "liblog.so"].contains(&name),
        Linker::Native => {
            let name = name.to_ascii_lowercase();
            // Of the runtimes of MinGW and Visual C++, of which Windows has none.
            ![
                "libgcc",
                "libwinpthread",
                "libstdc++",
                "vcruntime",
                "msvcp",
                "/users/",
                "/home/",
            ]
            .iter()
            .any(|part| name.contains(part))
        }
    }
}

/// Whether a version such as `GLIBC_2.28` is newer than the oldest supported one.
fn is_newer(version: &str) -> bool {
    let Some(number) = version.strip_prefix("GLIBC_") else {
        return false;
    };
    let mut parts = number.split('.').map_while(|part| part.parse().ok());
    let version: (u32, u32) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    version > GLIBC
}

/// Returns the path of this machine that a file contains, which must not be published.
pub(super) fn local_path(bytes: &[u8]) -> Option<String> {
    local_paths()
        .into_iter()
        .find(|path| contains(bytes, path.as_bytes()))
}

/// Returns the folders of this machine whose paths must not be published.
pub(super) fn local_paths() -> Vec<String> {
    let home = env::var(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).ok();
    let mut paths: Vec<String> = ["CARGO_HOME", "CARGO_TARGET_DIR"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .chain(home)
        .chain([root().to_string_lossy().into_owned()])
        .map(|path| format!("{}{MAIN_SEPARATOR}", path.trim_end_matches(MAIN_SEPARATOR)))
        .collect();
    // Of a container, which says nothing.
    paths.retain(|path| path != "/");
    paths.push(python::unpacked_sources().to_string_lossy().into_owned());
    // As they are in JSON, on Windows.
    let escaped: Vec<_> = paths
        .iter()
        .map(|path| path.replace('\\', "\\\\"))
        .collect();
    paths.extend(escaped);
    paths
}

pub(super) fn contains(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_a_newer_glibc_are_refused() {
        for version in ["GLIBC_2.18", "GLIBC_2.34", "GLIBC_3.0"] {
            assert!(is_newer(version), "{version}");
        }
        for version in ["GLIBC_2.17", "GLIBC_2.2.5", "GCC_3.0"] {
            assert!(!is_newer(version), "{version}");
        }
    }

    #[test]
    fn only_libraries_that_every_system_has_may_be_needed() {
        for (triple, name, allowed) in [
            ("x86_64-unknown-linux-gnu", "libc.so.6", true),
            ("x86_64-unknown-linux-gnu", "libssl.so.3", false),
            ("aarch64-unknown-linux-musl", "libc.so", true),
            ("aarch64-unknown-linux-musl", "libc.so.6", false),
            ("x86_64-pc-windows-gnu", "KERNEL32.dll", true),
            ("x86_64-pc-windows-gnu", "libgcc_s_dw2-1.dll", false),
            ("x86_64-pc-windows-msvc", "VCRUNTIME140.dll", false),
            ("aarch64-pc-windows-msvc", "MSVCP140.dll", false),
            ("x86_64-pc-windows-msvc", "bcryptprimitives.dll", true),
            ("aarch64-apple-darwin", "/usr/lib/libSystem.B.dylib", true),
            ("aarch64-apple-darwin", "/Users/me/lib.dylib", false),
        ] {
            let platform = Platform::of(triple).unwrap();
            assert_eq!(is_of_system(name, platform), allowed, "{name}");
        }
    }

    #[test]
    fn the_time_when_a_library_was_linked_is_refused() {
        let problems = |triple, link_times| {
            let facts = Facts {
                architecture: "x86_64",
                stripped: true,
                exports: vec!["ffi_function".to_owned()],
                needs: Vec::new(),
                versions: Vec::new(),
                alignment: None,
                install_name: None,
                link_times,
            };
            facts.problems(Kind::Library, Platform::of(triple).unwrap())
        };
        for times in [[1, 0], [0, 1]] {
            assert_eq!(problems("x86_64-pc-windows-gnu", times).len(), 1);
        }
        assert!(problems("x86_64-pc-windows-gnu", [0, 0]).is_empty());
        assert!(problems("x86_64-pc-windows-msvc", [1, 1]).is_empty());
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn a_library_as_it_was_compiled_is_refused() {
        use std::io::Write as _;
        use std::process::Command;

        use flate2::Compression;
        use flate2::write::ZlibEncoder;
        use serde_json::json;

        use crate::platform::{Format, Linkage};
        use crate::toolchain::Toolchain;
        use crate::tools::run;

        let folder = env::temp_dir().join(format!("bindgen-check-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let compiled = |name: &str, export: &str, text: &str, crates: &str| {
            let (source, library) = (folder.join("source.rs"), folder.join(name));
            let mut list = ZlibEncoder::new(Vec::new(), Compression::default());
            list.write_all(crates.as_bytes()).unwrap();
            let list = list.finish().unwrap();
            let code = format!(
                "#![no_std]
                #[panic_handler]
                fn panic(_: &core::panic::PanicInfo) -> ! {{ loop {{}} }}
                #[unsafe(no_mangle)]
                pub extern \"C\" fn {export}() -> *const u8 {{ {text:?}.as_ptr() }}
                #[unsafe(link_section = \".dep-v0\")]
                #[unsafe(no_mangle)]
                pub static LIST: [u8; {}] = {list:?};",
                list.len()
            );
            fs::write(&source, code).unwrap();
            let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
            rustc.args(["--edition", "2024", "-g", "-C", "panic=abort"]);
            rustc.args(["--crate-type", "cdylib", "-o"]);
            run(rustc.args([&library, &source])).unwrap();
            library
        };
        let linux = Platform::of("x86_64-unknown-linux-gnu").unwrap();
        let of = |library: &Path, platform| {
            let bytes = fs::read(library).unwrap();
            problems(Kind::Library, &bytes, platform)
                .unwrap()
                .join("; ")
        };
        let strip = |library: &Path| {
            let toolchain = Toolchain::find().unwrap();
            toolchain
                .strip(library, Format::Elf, Linkage::Dynamic)
                .unwrap();
        };

        let crates = |version: &str| {
            let package = json!({"name": "aod-sdk", "version": version, "source": "local"});
            json!({"packages": [package]}).to_string()
        };
        let current = crates(env!("CARGO_PKG_VERSION"));
        let library = compiled("good.so", "ffi_function", "text", &current);
        assert_eq!(of(&library, linux), "is not stripped");
        strip(&library);
        assert_eq!(of(&library, linux), "");
        let arm = Platform::of("aarch64-unknown-linux-gnu").unwrap();
        assert_eq!(of(&library, arm), "is for x86_64");

        let path = root().join("Cargo.toml");
        let library = compiled("bad.so", "other_function", path.to_str().unwrap(), "");
        strip(&library);
        let problems = of(&library, linux);
        assert!(
            problems.contains("exports no function of UniFFI"),
            "{problems}"
        );
        assert!(problems.contains("contains the path"), "{problems}");
        assert!(problems.contains("has no list of its crates"), "{problems}");

        let library = compiled("old.so", "ffi_function", "text", &crates("0.0.1"));
        strip(&library);
        let without = concat!(
            "has a list of crates without aod-sdk ",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(of(&library, linux), without);
        fs::remove_dir_all(folder).unwrap();
    }
}

//! Checks of the `XCFramework` that is published.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use goblin::Object;
use goblin::mach::cputype::{CPU_TYPE_ARM64, CPU_TYPE_X86_64};
use goblin::mach::load_command::CommandVariant;
use goblin::mach::{Mach, MachO};
use zip::ZipArchive;

use super::library::{contains, local_paths};
use crate::notices;
use crate::swift::{Entry, Info, PRIVACY, SLICES, Slice, XCFRAMEWORK};
use crate::symbols;
use crate::tools::Result;

/// The functions whose use an app must declare, by their name in C, with the category to declare:
/// <https://developer.apple.com/documentation/bundleresources/describing-use-of-required-reason-api>.
const DECLARED: [(&str, &str); 14] = [
    ("fstat", FILE_TIMES),
    ("fstatat", FILE_TIMES),
    ("getattrlist", FILE_TIMES),
    ("getattrlistat", FILE_TIMES),
    ("getattrlistbulk", FILE_TIMES),
    ("fgetattrlist", FILE_TIMES),
    ("lstat", FILE_TIMES),
    ("stat", FILE_TIMES),
    (
        "mach_absolute_time",
        "NSPrivacyAccessedAPICategorySystemBootTime",
    ),
    ("statfs", DISK_SPACE),
    ("statvfs", DISK_SPACE),
    ("fstatfs", DISK_SPACE),
    ("fstatvfs", DISK_SPACE),
    (
        "CFPreferencesCopyAppValue",
        "NSPrivacyAccessedAPICategoryUserDefaults",
    ),
];
const FILE_TIMES: &str = "NSPrivacyAccessedAPICategoryFileTimestamp";
const DISK_SPACE: &str = "NSPrivacyAccessedAPICategoryDiskSpace";

/// Checks the zip file with the `XCFramework`: its layout, its licences, its privacy manifest, and each library.
pub(crate) fn check(archive: &Path) -> Result<()> {
    let problems = problems(File::open(archive)?)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{}: {}", archive.display(), problems.join("; ")).into())
}

fn problems(archive: impl std::io::Read + std::io::Seek) -> Result<Vec<String>> {
    let mut files = Files(ZipArchive::new(archive)?);
    let mut problems = Vec::new();
    for name in ["LICENSE", notices::FILE] {
        if files.read(name).is_err() {
            problems.push(format!("has no {name}"));
        }
    }
    let info: Info = plist::from_reader_xml(Cursor::new(files.read("Info.plist")?))?;
    let declared = declared(&files.read(PRIVACY)?)?;
    if info.available_libraries.is_empty() {
        problems.push("has no library".to_owned());
    }
    for entry in &info.available_libraries {
        let id = &entry.library_identifier;
        let map = format!("{id}/{}/AodNativeFFI/module.modulemap", entry.headers_path);
        if files.read(&map).is_err() {
            problems.push(format!("has no {map}"));
        }
        let Some(slice) = SLICES.iter().find(|slice| slice.is(entry)) else {
            problems.push(format!("{id} is for an unknown system"));
            continue;
        };
        let library = files.read(&format!("{id}/{}", entry.library_path))?;
        let found = problems_of(&library, slice, entry, &declared)?;
        problems.extend(found.iter().map(|problem| format!("{id} {problem}")));
    }
    Ok(problems)
}

/// The files of the archive, by their path in the `XCFramework`.
struct Files<R>(ZipArchive<R>);

impl<R: std::io::Read + std::io::Seek> Files<R> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = self
            .0
            .by_name(&format!("{XCFRAMEWORK}/{path}"))
            .map_err(|error| format!("{path}: {error}"))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Returns the categories that a privacy manifest declares.
fn declared(manifest: &[u8]) -> Result<Vec<String>> {
    let manifest = plist::Value::from_reader_xml(Cursor::new(manifest))?;
    let types = manifest
        .as_dictionary()
        .and_then(|manifest| manifest.get("NSPrivacyAccessedAPITypes"))
        .and_then(plist::Value::as_array)
        .ok_or("the privacy manifest declares no use of functions, not even none")?;
    let category = |one: &plist::Value| {
        let category = one.as_dictionary()?.get("NSPrivacyAccessedAPIType")?;
        category.as_string().map(str::to_owned)
    };
    Ok(types.iter().filter_map(category).collect())
}

/// Returns what is wrong with the library of a system.
fn problems_of(
    library: &[u8],
    slice: &Slice,
    entry: &Entry,
    declared: &[String],
) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut architectures = Vec::new();
    for part in parts(library)? {
        let part = Part::read(part)?;
        let wrong = part
            .systems
            .iter()
            // What Rust's own build contributes is for older versions.
            .find(|(number, oldest)| *number != slice.number || *oldest > slice.oldest);
        if part.systems.is_empty() {
            problems.push("does not say for which system it is".to_owned());
        } else if let Some((number, (major, minor))) = wrong {
            problems.push(format!(
                "has code for version {major}.{minor} of system {number}"
            ));
        }
        if part.has_debug_information {
            problems.push("has debug information".to_owned());
        }
        if !part
            .defined
            .iter()
            .any(|name| symbols::is_of_interface(name))
        {
            problems.push("defines no function of UniFFI".to_owned());
        }
        if let Some(name) = part.defined.iter().find(|name| !symbols::is_own(name)) {
            problems.push(format!(
                "defines {name}, which other libraries can define too"
            ));
        }
        for (name, category) in DECLARED {
            if part.needed.iter().any(|needed| needed == name)
                && !declared.iter().any(|declared| declared == category)
            {
                problems.push(format!(
                    "calls {name}, but {PRIVACY} does not declare {category}"
                ));
            }
        }
        architectures.push(part.architecture);
    }
    architectures.sort_unstable();
    if architectures != entry.supported_architectures {
        let (promised, found) = (
            entry.supported_architectures.join(", "),
            architectures.join(", "),
        );
        problems.push(format!("has {found} instead of {promised}"));
    }
    for path in local_paths() {
        if contains(library, path.as_bytes()) {
            problems.push(format!("contains the path {path}"));
        }
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// Returns the static libraries in a universal one, or the one itself.
fn parts(library: &[u8]) -> Result<Vec<&[u8]>> {
    match Object::parse(library)? {
        Object::Archive(_) => Ok(vec![library]),
        Object::Mach(Mach::Fat(universal)) => {
            let arches = universal.iter_arches();
            arches.map(|arch| Ok(arch?.slice(library))).collect()
        }
        _ => Err("a library is not static".into()),
    }
}

/// What is known of the static library of one architecture.
#[derive(Default)]
struct Part {
    architecture: &'static str,
    /// The number and the oldest version of the systems that its code is for. Code in assembly does not say it.
    systems: Vec<(u32, (u16, u8))>,
    has_debug_information: bool,
    /// The global symbols that it defines.
    defined: Vec<String>,
    /// The symbols that it needs from elsewhere.
    needed: Vec<String>,
}

impl Part {
    fn read(library: &[u8]) -> Result<Self> {
        let mut part = Self::default();
        for member in symbols::members(library)? {
            let mach = MachO::parse(member, 0)?;
            let architecture = match mach.header.cputype() {
                CPU_TYPE_ARM64 => "arm64",
                CPU_TYPE_X86_64 => "x86_64",
                _ => "another architecture",
            };
            if !["", architecture].contains(&part.architecture) {
                return Err("a static library has several architectures".into());
            }
            part.architecture = architecture;
            for command in &mach.load_commands {
                if let CommandVariant::BuildVersion(version) = command.command {
                    let oldest = version.minos.to_be_bytes();
                    let oldest = (u16::from_be_bytes([oldest[0], oldest[1]]), oldest[2]);
                    part.systems.push((version.platform, oldest));
                }
            }
            let sections = mach
                .segments
                .sections()
                .flatten()
                .filter_map(std::result::Result::ok);
            part.has_debug_information |= sections
                .into_iter()
                .any(|(section, _)| section.segname().is_ok_and(|name| name == "__DWARF"));
            part.defined
                .extend(symbols::defined_in_mach_o(&mach).map(str::to_owned));
            let needed = mach.symbols().filter_map(std::result::Result::ok);
            let needed = needed.filter(|(_, symbol)| symbol.is_undefined());
            part.needed
                .extend(needed.filter_map(|(name, _)| name.strip_prefix('_').map(str::to_owned)));
        }
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::{env, fs, process};

    use object::write::{MachOBuildVersion, Object, StandardSegment, Symbol, SymbolSection};
    use object::{
        Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
    };

    use super::*;
    use crate::platform::{PLATFORMS, Platform};
    use crate::swift;
    use crate::tools::root;

    /// The object file of a platform with a function of UniFFI.
    struct Code {
        object: Object<'static>,
        /// The number of the system that it is for.
        system: u32,
    }

    impl Code {
        fn new(platform: &Platform, slice: &Slice) -> Self {
            let architecture = if platform.triple.starts_with("aarch64") {
                Architecture::Aarch64
            } else {
                Architecture::X86_64
            };
            let object = Object::new(BinaryFormat::MachO, architecture, Endianness::Little);
            let mut code = Self {
                object,
                system: slice.number,
            };
            code.built_for(slice.oldest);
            code.section(StandardSegment::Text, "__text", "ffi_function", b"code");
            code
        }

        /// Sets the oldest version of its system.
        fn built_for(&mut self, (major, minor): (u16, u8)) {
            let mut version = MachOBuildVersion::default();
            version.platform = self.system;
            version.minos = u32::from(major) << 16 | u32::from(minor) << 8;
            self.object.set_macho_build_version(version);
        }

        fn section(&mut self, segment: StandardSegment, section: &str, symbol: &str, data: &[u8]) {
            let segment = self.object.segment_name(segment).to_vec();
            let section = section.as_bytes().to_vec();
            let section = self.object.add_section(segment, section, SectionKind::Text);
            self.object.append_section_data(section, data, 1);
            self.symbol(symbol, SymbolSection::Section(section));
        }

        fn symbol(&mut self, name: &str, section: SymbolSection) {
            self.object.add_symbol(Symbol {
                name: name.as_bytes().to_vec(),
                value: 0,
                size: 0,
                kind: SymbolKind::Text,
                scope: SymbolScope::Dynamic,
                weak: false,
                section,
                flags: SymbolFlags::None,
            });
        }

        /// Writes a static library with this file.
        fn write(&self, path: &Path) {
            let mut data = self.object.write().unwrap();
            data.resize(data.len().next_multiple_of(8), 0);
            let mut library = b"!<arch>\n".to_vec();
            let size = data.len();
            let header = format!(
                "{:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
                "code.o/", 0, 0, 0, 644
            );
            library.extend(header.into_bytes());
            library.extend(data);
            fs::write(path, library).unwrap();
        }
    }

    /// Writes an `XCFramework` for all systems into a folder, after a change of each file of code.
    fn framework(folder: &Path, change: fn(&mut Code)) -> PathBuf {
        let mut libraries = Vec::new();
        for slice in &SLICES {
            for platform in PLATFORMS.iter().filter(|platform| slice.has(platform)) {
                let mut code = Code::new(platform, slice);
                change(&mut code);
                let library = folder.join(format!("{platform}.a"));
                code.write(&library);
                libraries.push((platform, library));
            }
        }
        let header = folder.join("AodNativeFFI.h");
        fs::write(&header, "void ffi_function(void);\n").unwrap();
        let framework = folder.join(XCFRAMEWORK);
        swift::write_xcframework(&framework, &libraries, &header).unwrap();
        framework
    }

    fn zipped(framework: &Path) -> Vec<u8> {
        let archive = framework.with_extension("zip");
        swift::zip(framework, &archive).unwrap();
        fs::read(archive).unwrap()
    }

    fn problems_in(framework: &Path) -> String {
        match problems(Cursor::new(zipped(framework))) {
            Ok(problems) => problems.join("; "),
            Err(error) => error.to_string(),
        }
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("bindgen-xcframework-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The Swift tests keep what this writes, and have the package manager read it.
    #[test]
    fn an_xcframework_for_all_systems_passes() {
        let kept = env::var_os("AOD_KEPT_XCFRAMEWORK").map(PathBuf::from);
        let folder = kept.clone().unwrap_or_else(|| scratch("good"));
        fs::create_dir_all(&folder).unwrap();
        let written = framework(&folder, |_| ());
        assert_eq!(problems_in(&written), "");
        let mut slices: Vec<_> = fs::read_dir(&written)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        slices.sort();
        assert_eq!(
            slices,
            [
                "Info.plist",
                "LICENSE",
                "PrivacyInfo.xcprivacy",
                "THIRD-PARTY-NOTICES",
                "ios-arm64",
                "ios-arm64_x86_64-maccatalyst",
                "ios-arm64_x86_64-simulator",
                "macos-arm64_x86_64",
                "xros-arm64",
                "xros-arm64-simulator",
            ]
        );
        if kept.is_none() {
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn the_zip_file_has_the_same_bytes_in_another_folder() {
        let folders = ["one", "another"].map(scratch);
        let [one, other] = folders
            .each_ref()
            .map(|folder| zipped(&framework(folder, |_| ())));
        assert!(one == other);
        for folder in folders {
            fs::remove_dir_all(folder).unwrap();
        }
    }

    /// Rust's own build is for older versions than the library.
    #[test]
    fn code_for_an_older_version_passes() {
        let folder = scratch("older");
        let written = framework(&folder, |code| code.built_for((1, 0)));
        assert_eq!(problems_in(&written), "");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn code_that_apps_cannot_use_is_refused() {
        type Change = fn(&mut Code);
        let cases: [(&str, Change); 6] = [
            ("has code for version 99.0 of system 2", |code| {
                code.built_for((99, 0));
            }),
            ("of system 7", |code| {
                code.system = 7;
                code.built_for((1, 0));
            }),
            ("has debug information", |code| {
                code.section(StandardSegment::Debug, "__debug_info", "ffi_debug", b"data");
            }),
            (
                "defines rust_eh_personality, which other libraries can define too",
                |code| {
                    code.section(
                        StandardSegment::Text,
                        "__other",
                        "rust_eh_personality",
                        b"code",
                    );
                },
            ),
            ("calls statfs, but", |code| {
                code.symbol("statfs", SymbolSection::Undefined);
            }),
            ("contains the path", |code| {
                let path = root().join("Cargo.toml");
                let path = path.to_str().unwrap().as_bytes();
                code.section(StandardSegment::Data, "__const", "ffi_path", path);
            }),
        ];
        let folder = scratch("code");
        for (expected, change) in cases {
            let problems = problems_in(&framework(&folder, change));
            assert!(problems.contains(expected), "{expected}: {problems}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_wrong_layout_is_refused() {
        let folder = scratch("layout");
        for file in [
            "Info.plist",
            "LICENSE",
            "PrivacyInfo.xcprivacy",
            "THIRD-PARTY-NOTICES",
        ] {
            let framework = framework(&folder, |_| ());
            fs::remove_file(framework.join(file)).unwrap();
            let problems = problems_in(&framework);
            assert!(problems.contains(file), "{file}: {problems}");
        }
        for (text, other, expected) in [
            (
                "<string>x86_64</string>",
                "<string>i386</string>",
                "instead of",
            ),
            (
                "<string>xros</string>",
                "<string>tvos</string>",
                "unknown system",
            ),
            (
                "<string>simulator</string>",
                "<string>maccatalyst</string>",
                "of system 7",
            ),
        ] {
            let framework = framework(&folder, |_| ());
            let info = framework.join("Info.plist");
            let changed = fs::read_to_string(&info).unwrap().replace(text, other);
            fs::write(&info, changed).unwrap();
            let problems = problems_in(&framework);
            assert!(problems.contains(expected), "{expected}: {problems}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}

//! The `XCFramework` with the libraries for Apple's platforms, written by the same code on every system.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fat_macho::FatWriter;
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{MODULE, PACKAGE};
use crate::generator;
use crate::library::Library;
use crate::notices;
use crate::platform::{Linkage, Platform};
use crate::tools::{Result, root, target};

/// The name of the folder.
pub(crate) const NAME: &str = "AodNativeFFI.xcframework";

/// The manifest of what an app must declare in the App Store.
pub(crate) const PRIVACY: &str = "PrivacyInfo.xcprivacy";

/// The libraries of one system, which are combined into a universal one.
#[derive(Debug)]
pub(crate) struct Slice {
    /// The name of the system in `Info.plist`.
    pub(crate) system: &'static str,
    pub(crate) variant: Option<&'static str>,
    /// The number of the system in Mach-O files.
    pub(crate) number: u32,
    /// The oldest version of the system, as in [`OLDEST`](crate::apple::OLDEST).
    pub(crate) oldest: (u16, u8),
    /// The Rust targets, sorted by the name of their architecture in `Info.plist`.
    targets: &'static [&'static str],
}

const fn slice(
    system: &'static str,
    variant: Option<&'static str>,
    number: u32,
    oldest: (u16, u8),
    targets: &'static [&'static str],
) -> Slice {
    Slice {
        system,
        variant,
        number,
        oldest,
        targets,
    }
}

/// Each system, of which a machine builds some.
pub(crate) const SLICES: [Slice; 6] = [
    slice(
        "macos",
        None,
        1,
        (11, 0),
        &["aarch64-apple-darwin", "x86_64-apple-darwin"],
    ),
    slice("ios", None, 2, (15, 0), &["aarch64-apple-ios"]),
    slice(
        "ios",
        Some("maccatalyst"),
        6,
        (15, 0),
        &["aarch64-apple-ios-macabi", "x86_64-apple-ios-macabi"],
    ),
    slice(
        "ios",
        Some("simulator"),
        7,
        (15, 0),
        &["aarch64-apple-ios-sim", "x86_64-apple-ios"],
    ),
    slice("xros", None, 11, (1, 0), &["aarch64-apple-visionos"]),
    slice(
        "xros",
        Some("simulator"),
        12,
        (1, 0),
        &["aarch64-apple-visionos-sim"],
    ),
];

impl Slice {
    /// Returns whether the library of a platform is a part of this one.
    pub(crate) fn has(&self, platform: &Platform) -> bool {
        self.targets.contains(&platform.triple)
    }

    /// Returns whether an entry of `Info.plist` is for this system.
    pub(crate) fn is(&self, entry: &Entry) -> bool {
        (self.system, self.variant)
            == (
                &*entry.supported_platform,
                entry.supported_platform_variant.as_deref(),
            )
    }
}

/// `Info.plist`, from which Xcode and `SwiftPM` choose a library.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Info {
    pub(crate) available_libraries: Vec<Entry>,
    #[serde(rename = "CFBundlePackageType")]
    pub(crate) package_type: String,
    #[serde(rename = "XCFrameworkFormatVersion")]
    pub(crate) format_version: String,
}

/// The library of one system.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    pub(crate) binary_path: String,
    pub(crate) headers_path: String,
    pub(crate) library_identifier: String,
    pub(crate) library_path: String,
    pub(crate) supported_architectures: Vec<String>,
    pub(crate) supported_platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supported_platform_variant: Option<String>,
}

impl Entry {
    /// Describes the library of a system for some of its targets.
    fn new(slice: &Slice, platforms: &[&Platform], library: &str) -> Self {
        let architectures: Vec<_> = platforms
            .iter()
            .map(|platform| architecture(platform).to_owned())
            .collect();
        let mut identifier = format!("{}-{}", slice.system, architectures.join("_"));
        if let Some(variant) = slice.variant {
            identifier += &format!("-{variant}");
        }
        Self {
            binary_path: library.to_owned(),
            headers_path: "Headers".to_owned(),
            library_identifier: identifier,
            library_path: library.to_owned(),
            supported_architectures: architectures,
            supported_platform: slice.system.to_owned(),
            supported_platform_variant: slice.variant.map(str::to_owned),
        }
    }
}

/// Returns Apple's name of the architecture of a platform.
fn architecture(platform: &Platform) -> &'static str {
    if platform.triple.starts_with("aarch64") {
        "arm64"
    } else {
        "x86_64"
    }
}

/// Builds the static libraries of these platforms, and writes the `XCFramework` with them into a folder.
pub(crate) fn build(platforms: &[&'static Platform], folder: &Path) -> Result<PathBuf> {
    let mut libraries = Vec::new();
    let is_apple = |platform: &&&Platform| SLICES.iter().any(|slice| slice.has(platform));
    for platform in platforms.iter().filter(is_apple) {
        let library = Library::build_static(platform, "aod-ffi")?;
        let unstripped = library.path(Linkage::Static);
        let stripped = target().join("xcframework").join(platform.triple);
        libraries.push((
            *platform,
            library.strip_into(&stripped, Linkage::Static)?,
            unstripped,
        ));
    }
    let (_, _, unstripped) = libraries.first().ok_or("no platform of Apple was named")?;
    let generated = target().join("xcframework/generated");
    generator::generate(generator::Language::Swift, unstripped, &generated)?;
    let libraries: Vec<_> = libraries
        .iter()
        .map(|(platform, stripped, _)| (*platform, stripped.clone()))
        .collect();
    let framework = folder.join(NAME);
    write(
        &framework,
        &libraries,
        &generated.join(format!("{MODULE}.h")),
    )?;
    Ok(framework)
}

/// Writes the `XCFramework` with these libraries.
pub(crate) fn write(
    framework: &Path,
    libraries: &[(&Platform, PathBuf)],
    header: &Path,
) -> Result<()> {
    if framework.exists() {
        fs::remove_dir_all(framework)?;
    }
    let mut entries = Vec::new();
    for slice in &SLICES {
        let mut platforms = Vec::new();
        let mut universal = FatWriter::new();
        let mut parts = Vec::new();
        for target in slice.targets {
            for (platform, library) in libraries {
                if platform.triple == *target {
                    platforms.push(*platform);
                    parts.push(library);
                    universal.add_file(library)?;
                }
            }
        }
        let Some(first) = platforms.first() else {
            continue;
        };
        let name = first.file_name("aod_ffi", Linkage::Static);
        let entry = Entry::new(slice, &platforms, &name);
        let folder = framework.join(&entry.library_identifier);
        write_headers(&folder.join(&entry.headers_path), header)?;
        let library = folder.join(&entry.library_path);
        match parts.as_slice() {
            [part] => drop(fs::copy(part, library)?),
            _ => universal.write_to_file(library)?,
        }
        entries.push(entry);
    }
    let info = Info {
        available_libraries: entries,
        package_type: "XFWK".to_owned(),
        format_version: "1.0".to_owned(),
    };
    plist::to_file_xml(framework.join("Info.plist"), &info)?;
    fs::copy(
        root()
            .join(PACKAGE)
            .join("Sources/AgentOnDemand")
            .join(PRIVACY),
        framework.join(PRIVACY),
    )?;
    notices::write("aod-ffi", framework)
}

/// Writes the header and its module map, in a folder of their own: the module maps of two packages in the same folder
/// would overwrite each other.
fn write_headers(folder: &Path, header: &Path) -> Result<()> {
    let folder = folder.join(MODULE);
    fs::create_dir_all(&folder)?;
    fs::copy(header, folder.join(format!("{MODULE}.h")))?;
    let map = format!("module {MODULE} {{\n    header \"{MODULE}.h\"\n    export *\n}}\n");
    Ok(fs::write(folder.join("module.modulemap"), map)?)
}

/// Writes a folder as a zip file, which has the same bytes for the same content.
pub(crate) fn zip(framework: &Path, archive: &Path) -> Result<()> {
    let mut files = Vec::new();
    list(framework, &mut files)?;
    files.sort();
    let parent = framework.parent().ok_or("the folder has no parent")?;
    // The earliest date that zip files have.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(File::create(archive)?);
    for file in files {
        let name = file
            .strip_prefix(parent)?
            .to_string_lossy()
            .replace('\\', "/");
        zip.start_file(name, options)?;
        io::copy(&mut File::open(&file)?, &mut zip)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

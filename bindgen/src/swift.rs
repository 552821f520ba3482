//! The Swift package.

mod xcframework;

pub(crate) use xcframework::{Entry, Info, NAME as XCFRAMEWORK, PRIVACY, SLICES, Slice};
#[cfg(test)]
pub(crate) use xcframework::{write as write_xcframework, zip};

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generator;
use crate::library::Library;
use crate::notices;
use crate::platform::{Format, Linkage, Platform};
use crate::release;
use crate::sbom;
use crate::tools::{Result, root, run, target};

const PACKAGE: &str = "bindings/swift";

/// The module of the C header.
const MODULE: &str = "AodNativeFFI";

/// The files of the package besides its sources.
const FILES: [&str; 2] = ["Package.swift", "README.md"];

/// Generates the Swift bindings next to the façade, with their C header and this platform's library.
pub(crate) fn generate() -> Result<()> {
    let library = Library::build("aod-ffi")?;
    let generated = target().join("swift");
    generator::generate(
        generator::Language::Swift,
        &library.path(Linkage::Static),
        &generated,
    )?;
    let sources = root().join(PACKAGE).join("Sources");
    let swift = sources.join("AodNative");
    fs::create_dir_all(&swift)?;
    let source = fs::read_to_string(generated.join("AodNative.swift"))?;
    fs::write(swift.join("AodNative.swift"), patched(&source)?)?;
    let native = sources.join("AodNativeFFI");
    fs::copy(
        generated.join("AodNativeFFI.h"),
        native.join("AodNativeFFI.h"),
    )?;
    library.strip_into(&native.join("lib"), Linkage::Static)?;
    Ok(())
}

/// A text of the code that UniFFI 0.32.2 generates, its number of occurrences, and the replacement. UniFFI has no
/// option for these.
type Patch = (&'static str, usize, &'static str);

const PATCHES: [Patch; 3] = [
    // Integers are read with `Data.copyBytes`, which is generic and not specialized. That takes most of the time in
    // which a record is read.
    (
        "    var value: T = 0
    let _ = withUnsafeMutableBytes(of: &value, { reader.data.copyBytes(to: $0, from: range)})
",
        1,
        "    let value = reader.data.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self)
    }
",
    ),
    // The threads of the library have no autorelease pool. What a callback autoreleases, such as an object of
    // Foundation, would not be released before the thread ends.
    (
        "#if canImport(AodNativeFFI)\n",
        1,
        "#if canImport(ObjectiveC)
import ObjectiveC
#endif
#if canImport(AodNativeFFI)
",
    ),
    (
        "        try writeReturn(makeCall())\n",
        2,
        "        #if canImport(ObjectiveC)
        try autoreleasepool { try writeReturn(makeCall()) }
        #else
        try writeReturn(makeCall())
        #endif
",
    ),
];

/// Applies the patches. One that no longer fits is an error, so an upgrade of UniFFI cannot leave it out unnoticed.
fn patched(source: &str) -> Result<String> {
    let mut result = source.to_owned();
    for (pattern, count, replacement) in PATCHES {
        let found = result.matches(pattern).count();
        if found != count {
            return Err(format!(
                "expected {count} occurrences in the generated code, found {found}: {pattern}"
            )
            .into());
        }
        result = result.replace(pattern, replacement);
    }
    Ok(result)
}

/// Builds the package `dist/swift/AgentOnDemand`. By default it contains the library for this machine and, for those of
/// these platforms that are Apple's, an `XCFramework`, and is used as a local dependency. If `AOD_SWIFT_RELEASE_URL` and
/// `AOD_SWIFT_RELEASE_CHECKSUM` are set, it is a package to publish, which downloads the `XCFramework` of the release; the
/// library for Linux is then in `dist/swift/aod_ffi`, where pkg-config finds it.
pub(crate) fn package(platforms: &[&'static Platform]) -> Result<()> {
    let release = Release::from_env()?;
    generate()?;
    let source = root().join(PACKAGE);
    let package = root().join("dist/swift/AgentOnDemand");
    let native = root().join("dist/swift/aod_ffi");
    for folder in [&package, &native] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    fs::create_dir_all(&package)?;
    for name in FILES {
        fs::copy(source.join(name), package.join(name))?;
    }
    notices::write("aod-ffi", &package)?;
    copy_folder(&source.join("Sources"), &package.join("Sources"))?;
    if let Some(release) = release {
        let manifest = package.join("Package.swift");
        fs::write(
            &manifest,
            release.apply_to(&fs::read_to_string(&manifest)?)?,
        )?;
        let bundled = package.join("Sources/AodNativeFFI/lib");
        write_native(&native, &bundled.join("libaod_ffi.a"))?;
        fs::remove_dir_all(bundled)?;
    } else if platforms
        .iter()
        .any(|platform| platform.format == Format::MachO)
    {
        let framework = archive_xcframework(platforms, &root().join("dist/swift"))?;
        copy_folder(&framework, &package.join(XCFRAMEWORK))?;
    }
    Ok(())
}

/// Writes the zip file with the `XCFramework` for those of these platforms that are Apple's, and returns the folder that
/// it contains.
pub(crate) fn archive_xcframework(platforms: &[&'static Platform], dist: &Path) -> Result<PathBuf> {
    let framework = xcframework::build(platforms, &target().join("xcframework"))?;
    fs::create_dir_all(dist)?;
    let archive = dist.join(format!("{XCFRAMEWORK}.zip"));
    xcframework::zip(&framework, &archive)?;
    release::check_xcframework(&archive)?;
    Ok(framework)
}

/// Writes the archive with the library of a platform for Linux, which pkg-config finds where it is unpacked.
pub(crate) fn archive(platform: &'static Platform, dist: &Path) -> Result<()> {
    let native = target().join("swift-native");
    if native.exists() {
        fs::remove_dir_all(&native)?;
    }
    let library = Library::build_for(platform, "aod-ffi")?;
    let stripped = library.strip_into(&target().join("swift-library"), Linkage::Static)?;
    write_native(&native.join("aod_ffi"), &stripped)?;
    let bill = native.join("aod_ffi/aod_ffi.cdx.json");
    sbom::write("aod-ffi", &[platform], &bill)?;
    fs::create_dir_all(dist)?;
    run(Command::new("tar")
        .args([
            "--create",
            "--gzip",
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
        ])
        .args([
            "--mode=u=rwX,go=rX",
            "--mtime=2026-01-01T00:00:00Z",
            "--file",
        ])
        .arg(dist.join(format!("aod_ffi-{platform}.tar.gz")))
        .arg("-C")
        .arg(native)
        .arg("aod_ffi"))
}

/// Writes the folder in which pkg-config finds the library.
fn write_native(folder: &Path, library: &Path) -> Result<()> {
    notices::write("aod-ffi", folder)?;
    let config = folder.join("lib/pkgconfig");
    fs::create_dir_all(&config)?;
    fs::copy(library, folder.join("lib/libaod_ffi.a"))?;
    Ok(fs::write(config.join("aod_ffi.pc"), pkg_config())?)
}

/// Returns the pkg-config file of the library.
fn pkg_config() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "libdir=${{pcfiledir}}/..\n\n\
         Name: aod_ffi\n\
         Description: The native library of the Agent on Demand SDK for Swift\n\
         Version: {version}\n\
         Libs: -L${{libdir}} -laod_ffi\n"
    )
}

/// The location of the `XCFramework` of a release.
struct Release {
    url: String,
    checksum: String,
}

impl Release {
    /// The line of the source tree's manifest that a release replaces.
    const NONE: &str = "let release: (url: String, checksum: String)? = nil\n";

    /// Reads the location from the environment.
    fn from_env() -> Result<Option<Self>> {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        match (
            variable("AOD_SWIFT_RELEASE_URL"),
            variable("AOD_SWIFT_RELEASE_CHECKSUM"),
        ) {
            (None, None) => Ok(None),
            (Some(url), Some(checksum)) => Self::new(url, checksum).map(Some),
            _ => Err(
                "set both AOD_SWIFT_RELEASE_URL and AOD_SWIFT_RELEASE_CHECKSUM, or neither".into(),
            ),
        }
    }

    fn new(url: String, checksum: String) -> Result<Self> {
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
        if !url.starts_with("https://")
            || Path::new(&url)
                .extension()
                .is_none_or(|extension| extension != "zip")
            || !url.chars().all(is_plain)
        {
            return Err(format!("not the https URL of a zip file: {url}").into());
        }
        if checksum.len() != 64 || !checksum.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(format!("not a SHA-256 checksum: {checksum}").into());
        }
        Ok(Self { url, checksum })
    }

    /// Returns a manifest with the release.
    fn apply_to(&self, manifest: &str) -> Result<String> {
        let Self { url, checksum } = self;
        if manifest.matches(Self::NONE).count() != 1 {
            return Err(format!(
                "Package.swift does not have exactly one line {:?}",
                Self::NONE.trim_end()
            )
            .into());
        }
        let named = format!("= (\n    url: \"{url}\",\n    checksum: \"{checksum}\"\n)\n");
        Ok(manifest.replace(Self::NONE, &Self::NONE.replace("= nil\n", &named)))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.com/AodNativeFFI.xcframework.zip";

    fn release() -> Release {
        Release::new(URL.to_owned(), "0a".repeat(32)).expect("it is well-formed")
    }

    fn manifest() -> String {
        fs::read_to_string(root().join(PACKAGE).join("Package.swift")).expect("the file exists")
    }

    #[test]
    fn patches_require_the_expected_number_of_occurrences() {
        let fitting: String = PATCHES
            .iter()
            .map(|(pattern, count, _)| pattern.repeat(*count))
            .collect();
        assert!(patched(&fitting).is_ok());
        assert!(patched(&fitting.repeat(2)).is_err());
        assert!(patched("").is_err());
    }

    #[test]
    fn a_release_changes_one_line_of_the_manifest() {
        let (before, after) = (
            manifest(),
            release().apply_to(&manifest()).expect("it fits"),
        );
        assert!(after.contains(URL) && after.contains(&"0a".repeat(32)));
        let changed: Vec<_> = before
            .lines()
            .filter(|line| !after.lines().any(|other| other == *line))
            .collect();
        assert_eq!(changed, [Release::NONE.trim_end()]);
    }

    #[test]
    fn a_manifest_without_the_line_or_with_a_release_is_refused() {
        let without = manifest().replace("let release", "let other");
        assert!(release().apply_to(&without).is_err());
        let named = release().apply_to(&manifest()).expect("it fits");
        assert!(release().apply_to(&named).is_err());
    }

    #[test]
    fn an_invalid_url_or_checksum_is_refused() {
        let checksum = "0a".repeat(32);
        for url in [
            "",
            "http://example.com/a.zip",
            "https://example.com/a",
            "https://example.com/\".zip",
            "https://example.com/\\(1).zip",
            "https://example.com/ .zip",
        ] {
            assert!(
                Release::new(url.to_owned(), checksum.clone()).is_err(),
                "{url}"
            );
        }
        for checksum in ["", "0a", &"0g".repeat(32), &"0a".repeat(33)] {
            assert!(
                Release::new(URL.to_owned(), checksum.to_owned()).is_err(),
                "{checksum}"
            );
        }
    }
}

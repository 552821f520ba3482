//! Checks of the archives that are published.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use zip::ZipArchive;

use super::library::{self, Kind};
use crate::devserver;
use crate::platform::{Linkage, PLATFORMS, Place, Platform};
use crate::tools::{Result, target};

/// The largest size of the wheel of the SDK, in bytes.
const MAX_WHEEL: u64 = 3_000_000;

/// The largest size of the wheel of the development server, in bytes.
const MAX_DEVSERVER_WHEEL: u64 = 1_500_000;

/// The parts of paths that no artifact contains, because tools leave them behind.
const REFUSED: [&str; 5] = ["__pycache__", ".pyc", ".DS_Store", "/target/", ".orig"];

/// The manifest as it was before Cargo rewrote it, which Cargo adds to each crate.
const ORIGINAL_MANIFEST: &str = "/Cargo.toml.orig";

/// Checks the wheel of the SDK: its licences, software bill of materials and type information, its library, and its
/// size.
pub(crate) fn check_wheel(wheel: &Path, platform: &Platform) -> Result<()> {
    check_size(wheel, MAX_WHEEL)?;
    let name = platform.file_name("aod_ffi_json", Linkage::Dynamic);
    let native = format!("aod/_native/{name}");
    let mut archive = Archive::open(wheel)?;
    archive.has(&[
        &native,
        "aod/_native/aod_ffi_json.py",
        "aod/py.typed",
        ".dist-info/licenses/LICENSE",
        ".dist-info/licenses/THIRD-PARTY-NOTICES",
        ".dist-info/sboms/aod-ffi-json.cdx.json",
    ])?;
    archive.has_only_libraries(std::slice::from_ref(&native))?;
    archive.has_no_local_path()?;
    archive.check(Kind::PythonLibrary, &native, platform)
}

/// Checks the wheel of the development server: its licences and software bill of materials, its program, and its size.
pub(crate) fn check_devserver_wheel(wheel: &Path, platform: &Platform) -> Result<()> {
    check_size(wheel, MAX_DEVSERVER_WHEEL)?;
    let mut archive = Archive::open(wheel)?;
    let program = path_in_wheel(env!("CARGO_PKG_VERSION"), platform);
    archive.has(&[
        &program,
        ".dist-info/licenses/LICENSE",
        ".dist-info/licenses/THIRD-PARTY-NOTICES",
        ".dist-info/sboms/aod-devserver.cdx.json",
    ])?;
    archive.has_only_libraries(&[])?;
    archive.has_no_local_path()?;
    archive.check(Kind::Program, &program, platform)
}

/// Returns the path of the program in the wheel of a version, which has another form in names of Python packages:
/// `1.2.3-rc.1` is `1.2.3rc1`, and `1.2.3-dev.4` is `1.2.3.dev4`.
fn path_in_wheel(version: &str, platform: &Platform) -> String {
    let version = version.replace("-rc.", "rc").replace("-dev.", ".dev");
    let program = devserver::file_name(platform);
    format!("aod_devserver-{version}.data/scripts/{program}")
}

fn check_size(file: &Path, max: u64) -> Result<()> {
    let size = fs::metadata(file)?.len();
    if size > max {
        return Err(at(file, &format!("{size} bytes, more than {max}")));
    }
    Ok(())
}

/// What each jar with native code contains, and the jar without it.
const IN_JARS: [&str; 3] = [
    "META-INF/LICENSE",
    "META-INF/THIRD-PARTY-NOTICES",
    ".cdx.json",
];

/// Checks a jar: its licences and software bill of materials, and a library for each of these platforms and no other.
pub(crate) fn check_jar(jar: &Path, platforms: &[&'static Platform]) -> Result<()> {
    let mut archive = Archive::open(jar)?;
    archive.has(&IN_JARS)?;
    let mut paths = Vec::new();
    for platform in platforms {
        let folder = platform.jar_folder().ok_or("not a platform of the jar")?;
        let name = platform.file_name("aod_ffi", Linkage::Dynamic);
        paths.push(format!("{folder}/{name}"));
    }
    archive.has_only_libraries(&paths)?;
    for (path, platform) in paths.iter().zip(platforms) {
        archive.check(Kind::Library, path, platform)?;
    }
    Ok(())
}

/// Checks the layout of the AAR, its software bill of materials, and the library of each ABI that it has.
pub(crate) fn check_aar(aar: &Path) -> Result<()> {
    let mut archive = Archive::open(aar)?;
    archive.has(&[
        "AndroidManifest.xml",
        "classes.jar",
        "proguard.txt",
        "R.txt",
        "META-INF/sbom/aod-sdk.cdx.json",
    ])?;
    let paths = PLATFORMS
        .iter()
        .filter_map(|platform| match platform.place {
            Place::Android { abi } => Some((format!("jni/{abi}/libaod_ffi.so"), platform)),
            Place::Desktop { .. } | Place::Apple => None,
        });
    let names = archive.names()?;
    let (paths, platforms): (Vec<_>, Vec<_>) =
        paths.filter(|(path, _)| names.contains(path)).unzip();
    archive.has_only_libraries(&paths)?;
    for (path, platform) in paths.iter().zip(platforms) {
        archive.check(Kind::Library, path, platform)?;
    }
    Ok(())
}

/// Checks a jar with the program of the development server for a platform, which is in this folder.
pub(crate) fn check_program_jar(jar: &Path, folder: &str, platform: &Platform) -> Result<()> {
    let mut archive = Archive::open(jar)?;
    archive.has(&IN_JARS)?;
    let program = format!("{folder}/{}", devserver::file_name(platform));
    archive.check(Kind::Program, &program, platform)
}

/// Checks that a source distribution or a crate, a `.tar.gz`, contains these files and no refused ones.
pub(crate) fn check_sources(archive: &Path, required: &[&str]) -> Result<()> {
    let mut names = Vec::new();
    for entry in tar::Archive::new(GzDecoder::new(File::open(archive)?)).entries()? {
        names.push(entry?.path()?.to_string_lossy().into_owned());
    }
    check_names(&names, required).map_err(|problem| at(archive, &*problem))
}

fn at(archive: &Path, problem: &dyn std::fmt::Display) -> Box<dyn std::error::Error> {
    format!("{}: {problem}", archive.display()).into()
}

/// Fails unless one of the names ends with each required one, and none contains a refused part.
fn check_names(names: &[String], required: &[&str]) -> Result<()> {
    let mut problems: Vec<String> = required
        .iter()
        .filter(|required| !names.iter().any(|name| name.ends_with(*required)))
        .map(|required| format!("has no {required}"))
        .collect();
    for name in names {
        let name = name.strip_suffix(ORIGINAL_MANIFEST).unwrap_or(name);
        if REFUSED.iter().any(|part| name.contains(part)) {
            problems.push(format!("contains {name}"));
        }
    }
    let mut sorted = names.to_vec();
    sorted.sort();
    sorted.dedup();
    if sorted.len() != names.len() {
        problems.push("contains a file twice".to_owned());
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("; ").into())
}

/// A zip file.
struct Archive<'p> {
    path: &'p Path,
    zip: ZipArchive<File>,
}

impl<'p> Archive<'p> {
    fn open(path: &'p Path) -> Result<Self> {
        let zip = ZipArchive::new(File::open(path)?).map_err(|error| at(path, &error))?;
        Ok(Self { path, zip })
    }

    fn names(&self) -> Result<Vec<String>> {
        self.zip
            .file_names()
            .map(|name| Ok(name?.into_owned()))
            .collect()
    }

    fn has(&self, required: &[&str]) -> Result<()> {
        check_names(&self.names()?, required).map_err(|problem| at(self.path, &*problem))
    }

    /// Fails if the archive contains other native libraries than these.
    fn has_only_libraries(&self, expected: &[String]) -> Result<()> {
        let mut names = self.names()?;
        names.retain(|name| {
            let extension = Path::new(name).extension().unwrap_or_default();
            ["so", "dylib", "dll", "a", "lib"]
                .iter()
                .any(|known| extension == *known)
                && !expected.contains(name)
        });
        if names.is_empty() {
            return Ok(());
        }
        Err(at(self.path, &format!("contains {}", names.join(", "))))
    }

    /// Fails if a file in the archive contains a path of this machine.
    fn has_no_local_path(&mut self) -> Result<()> {
        for index in 0..self.zip.len() {
            let mut file = self.zip.by_index(index)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            if let Some(path) = library::local_path(&bytes) {
                let problem = format!("{} contains the path {path}", file.name()?);
                return Err(at(self.path, &problem));
            }
        }
        Ok(())
    }

    /// Checks a library or program in the archive.
    fn check(&mut self, kind: Kind, name: &str, platform: &Platform) -> Result<()> {
        let copy = target().join("checked").join(platform.triple);
        fs::create_dir_all(&copy)?;
        let copy = copy.join(Path::new(name).file_name().unwrap_or_default());
        let mut bytes = Vec::new();
        self.zip
            .by_name(name)
            .map_err(|error| at(self.path, &format!("{name}: {error}")))?
            .read_to_end(&mut bytes)?;
        fs::write(&copy, bytes)?;
        library::check(kind, &copy, platform).map_err(|problem| at(self.path, &*problem))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::{notices, python};

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn an_archive_without_a_required_file_is_refused() {
        let complete = names(&["p/LICENSE", &format!("p/{}", notices::FILE)]);
        let required = ["/LICENSE", "/THIRD-PARTY-NOTICES"];
        assert!(check_names(&complete, &required).is_ok());
        let problem = check_names(&complete[..1], &required).unwrap_err();
        assert_eq!(problem.to_string(), "has no /THIRD-PARTY-NOTICES");
    }

    #[test]
    fn an_archive_with_leftovers_or_doubles_is_refused() {
        assert!(check_names(&names(&["p/LICENSE", "p/Cargo.toml.orig"]), &[]).is_ok());
        for extra in ["p/__pycache__/a.pyc", "p/.DS_Store", "p/lib.rs.orig"] {
            assert!(
                check_names(&names(&["p/LICENSE", extra]), &[]).is_err(),
                "{extra}"
            );
        }
        assert!(check_names(&names(&["p/a", "p/a"]), &[]).is_err());
    }

    #[test]
    fn the_program_in_the_wheel_of_a_pre_release_is_found() {
        let platform = Platform::of("x86_64-unknown-linux-gnu").unwrap();
        for (version, folder) in [
            ("1.2.3", "aod_devserver-1.2.3.data"),
            ("1.2.3-rc.1", "aod_devserver-1.2.3rc1.data"),
            ("1.2.3-dev.4", "aod_devserver-1.2.3.dev4.data"),
        ] {
            let path = format!("{folder}/scripts/aod-devserver");
            assert_eq!(path_in_wheel(version, platform), path);
        }
    }

    #[test]
    fn an_archive_with_a_path_of_this_machine_is_refused() {
        let path = std::env::temp_dir().join(format!("paths-{}.zip", std::process::id()));
        let archive = |text: &str| {
            let mut zip = ZipWriter::new(File::create(&path).unwrap());
            zip.start_file("bill.json", SimpleFileOptions::default())
                .unwrap();
            zip.write_all(text.as_bytes()).unwrap();
            zip.finish().unwrap();
            Archive::open(&path).unwrap().has_no_local_path()
        };
        assert!(archive("file:///usr/lib").is_ok());
        let local = python::unpacked_sources().join("core");
        let problem = archive(&format!("file://{}", local.display())).unwrap_err();
        assert!(problem.to_string().contains("bill.json contains the path"));
        fs::remove_file(path).unwrap();
    }
}

//! The jar for the JVM and the AAR for Android.

mod android;
mod gradle;
mod jars;
mod patches;
mod pom;
mod testing;
mod visibility;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::gradle::Environment;
use self::pom::Pom;
use self::visibility::PublicTypes;
use crate::library::Library;
use crate::platform::{Linkage, PLATFORMS, Place, Platform};
use crate::toolchain::Toolchain;
use crate::tools::{Result, root, run_in, target};
use crate::{generator, notices, release, sbom};

/// Generates the Kotlin bindings next to the façade, and this machine's library as a resource of the jar.
pub(crate) fn generate() -> Result<()> {
    generate_for(&[Toolchain::find()?.host()?])
}

/// Generates the Kotlin bindings, and a library for each platform: as a resource of the jar, or for the AAR.
fn generate_for(platforms: &[&'static Platform]) -> Result<()> {
    let mut libraries = Vec::new();
    for platform in platforms {
        let library = Library::build_for(platform, "aod-ffi")?;
        let folder = match platform.place {
            Place::Desktop { jar_folder } => natives().join(jar_folder),
            Place::Android { abi } => project().join("android/jniLibs").join(abi),
            Place::Apple => return Err(format!("no Kotlin package is for {platform}").into()),
        };
        let stripped = library.strip_into(&folder, Linkage::Dynamic)?;
        release::check_library(&stripped, platform)?;
        libraries.push(library);
    }
    let library = libraries.first().ok_or("no platform was named")?;
    let sources = project().join("generated");
    if sources.exists() {
        fs::remove_dir_all(&sources)?;
    }
    let unstripped = library.path(Linkage::Dynamic);
    generator::generate(generator::Language::Kotlin, &unstripped, &sources)?;
    let generated = sources.join("com/ravihq/aod/aod_ffi.kt");
    let types = PublicTypes::new(&generator::kotlin_interface(&unstripped)?, &facade()?);
    let patched = patches::apply(&fs::read_to_string(&generated)?)?;
    Ok(fs::write(
        &generated,
        visibility::set_visibility(&patched, &types),
    )?)
}

/// Builds `dist/kotlin/`: the jar, the AAR and the testing kit, and for each its sources, documentation, POM and Gradle
/// metadata; and jars for one platform. They contain the libraries and programs of these platforms, and those that earlier
/// commands have built into `natives`, `android/jniLibs` and `testing/programs`.
pub(crate) fn package(platforms: &[&'static Platform]) -> Result<()> {
    generate_for(platforms)?;
    let dist = root().join("dist/kotlin");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let licences = Licences::write("aod-ffi", "aod-sdk")?;
    let pom = Pom::read(&fs::read_to_string(project().join("pom.xml"))?)?;
    package_jar(&pom, platforms, &licences, &dist)?;
    let android = package_aar(&licences, &dist)?;
    gradle::write(&pom, Environment::Jvm, android.as_ref(), &dist)?;
    testing::package(platforms, &dist)
}

/// Builds the jar, and jars with what is in it: one without the libraries, and one with the library of each platform.
fn package_jar(
    pom: &Pom,
    named: &[&'static Platform],
    licences: &Licences,
    dist: &Path,
) -> Result<()> {
    let licences_of_maven = format!("-Dlicences={}", licences.meta_inf().display());
    run_maven(
        &project(),
        &["-DskipTests", &licences_of_maven, "clean", "package"],
    )?;
    let built = project().join("target");
    for suffix in [
        ".jar",
        "-without-natives.jar",
        "-sources.jar",
        "-javadoc.jar",
    ] {
        copy_built(&built, &pom.file(suffix), dist)?;
    }
    pom.publish(dist)?;
    let platforms = platforms_in(&natives(), named)?;
    release::check_jar(&dist.join(pom.file(".jar")), &platforms)?;
    release::check_jar(&dist.join(pom.file("-without-natives.jar")), &[])?;
    for platform in platforms {
        let folder = platform.jar_folder().ok_or("not a platform of the jar")?;
        let archive = dist.join(pom.file(&format!("-natives-{folder}.jar")));
        jars::of_platform(
            &archive,
            "com.ravihq.aod.natives",
            folder,
            (&natives(), folder),
            &licences.folder,
        )?;
        release::check_jar(&archive, &[platform])?;
    }
    Ok(())
}

/// Builds the AAR, if there are libraries for Android, and returns its POM.
fn package_aar(licences: &Licences, dist: &Path) -> Result<Option<Pom>> {
    let android = project().join("android");
    let parts = android::Parts {
        android: &android,
        classes: &[
            project().join("target/classes"),
            android.join("target/classes"),
        ],
        sbom: &licences.sbom,
    };
    let libraries = parts.libraries()?;
    if libraries.is_empty() {
        eprintln!(
            "no AAR: no library for Android has been built, which `--target aarch64-linux-android` does with the NDK"
        );
        return Ok(None);
    }
    run_maven(&android, &["-Dmaven.test.skip=true", "clean", "package"])?;
    let pom = Pom::read(&android::pom(&fs::read_to_string(
        project().join("pom.xml"),
    )?)?)?;
    pom.publish(dist)?;
    let aar = dist.join(pom.file(".aar"));
    parts.write(&libraries, &aar)?;
    release::check_aar(&aar)?;
    let sources = ["src/main/kotlin", "generated", "android/src/main/kotlin"];
    jars::jar(
        &dist.join(pom.file("-sources.jar")),
        None,
        &sources.map(|folder| (project().join(folder), vec!["com".to_owned()])),
    )?;
    copy_built(&android.join("target"), &pom.file("-javadoc.jar"), dist)?;
    gradle::write(&pom, Environment::Android, None, dist)?;
    Ok(Some(pom))
}

/// What every archive with native code contains besides.
struct Licences {
    /// A folder with a folder `META-INF`.
    folder: PathBuf,
    sbom: PathBuf,
}

impl Licences {
    /// Writes the licences of a crate of this workspace and its bill of materials, for a Maven artifact.
    fn write(library: &str, artifact: &str) -> Result<Self> {
        let folder = target().join("kotlin-licences").join(artifact);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let sbom = folder.join(format!("META-INF/sbom/{artifact}.cdx.json"));
        notices::write(library, &folder.join("META-INF"))?;
        fs::create_dir_all(folder.join("META-INF/sbom"))?;
        sbom::write(library, &[], &sbom)?;
        Ok(Self { folder, sbom })
    }

    fn meta_inf(&self) -> PathBuf {
        self.folder.join("META-INF")
    }
}

/// Copies a file that Maven has built.
fn copy_built(built: &Path, name: &str, dist: &Path) -> Result<()> {
    fs::copy(built.join(name), dist.join(name)).map_err(|error| {
        format!("{name} was not built; does the POM have another version? {error}")
    })?;
    Ok(())
}

/// Removes the libraries and programs of earlier builds.
pub(crate) fn clean() -> Result<()> {
    for folder in [
        natives(),
        project().join("android/jniLibs"),
        testing::programs(),
    ] {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

/// Runs Maven, which is a script on Windows.
fn run_maven(project: &Path, arguments: &[&str]) -> Result<()> {
    let mut maven = Command::new(if cfg!(windows) { "mvn.cmd" } else { "mvn" });
    run_in(
        project,
        maven.args(["--batch-mode", "--quiet"]).args(arguments),
    )
}

/// Returns the platforms that a folder has a folder for, by name. A folder that two platforms share is that of the one
/// among `first`.
fn platforms_in(folder: &Path, first: &[&'static Platform]) -> Result<Vec<&'static Platform>> {
    let mut names = Vec::new();
    if folder.exists() {
        for entry in fs::read_dir(folder)? {
            names.push(entry?.file_name());
        }
    }
    names.sort();
    let platform = |name: &OsString| {
        let mut platforms = first.iter().copied().chain(PLATFORMS.iter());
        let found =
            platforms.find(|platform| platform.jar_folder().is_some_and(|folder| name == folder));
        found.ok_or_else(|| format!("no platform is called {}", name.display()).into())
    };
    names.iter().map(platform).collect()
}

fn natives() -> PathBuf {
    project().join("natives")
}

/// Returns the concatenated hand-written sources.
fn facade() -> Result<String> {
    let mut sources = String::new();
    for entry in fs::read_dir(project().join("src/main/kotlin/com/ravihq/aod"))? {
        sources.push_str(&fs::read_to_string(entry?.path())?);
    }
    Ok(sources)
}

fn project() -> PathBuf {
    root().join("bindings/kotlin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_two_platforms_share_is_that_of_the_named_one() {
        let folder = std::env::temp_dir().join(format!("bindgen-natives-{}", std::process::id()));
        for name in ["win32-x86-64", "linux-x86-64"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let triples = |named: &[&str]| {
            let named: Vec<_> = named.iter().map(|it| Platform::of(it).unwrap()).collect();
            let found = platforms_in(&folder, &named).unwrap();
            found.iter().map(|it| it.triple).collect::<Vec<_>>()
        };
        for windows in ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"] {
            // That for Linux is from an earlier command.
            assert_eq!(triples(&[windows]), ["x86_64-unknown-linux-gnu", windows]);
        }
        fs::remove_dir_all(folder).unwrap();
    }
}

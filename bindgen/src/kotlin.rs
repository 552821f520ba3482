//! The jar for the JVM and the AAR for Android.

mod android;
mod patches;
mod visibility;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::visibility::PublicTypes;
use crate::devserver;
use crate::generator;
use crate::library::Library;
use crate::notices;
use crate::platform::{Linkage, PLATFORMS, Place, Platform};
use crate::release;
use crate::toolchain::Toolchain;
use crate::tools::{Result, root, run_in, target};

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

/// Builds `dist/kotlin/`: the jar, the AAR, and for each its sources, documentation and POM. They contain the libraries of
/// these platforms, and those that other machines have built into `natives` and `android/jniLibs`.
pub(crate) fn package(platforms: &[&'static Platform]) -> Result<()> {
    generate_for(platforms)?;
    let licences = target().join("kotlin-licences");
    notices::write("aod-ffi", &licences)?;
    run_in(
        &project(),
        maven()
            .args(["--batch-mode", "--quiet", "-DskipTests"])
            .arg(format!("-Dlicences={}", licences.display()))
            .args(["clean", "package"]),
    )?;
    let dist = root().join("dist/kotlin");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let built = project().join("target");
    let version = env!("CARGO_PKG_VERSION");
    for suffix in ["", "-sources", "-javadoc"] {
        let jar = format!("aod-sdk-{version}{suffix}.jar");
        fs::copy(built.join(&jar), dist.join(&jar)).map_err(|error| {
            format!("{jar} was not built; does the POM have another version? {error}")
        })?;
    }
    let jar = dist.join(format!("aod-sdk-{version}.jar"));
    release::check_jar(&jar, &of_jar()?)?;
    fs::copy(
        project().join("pom.xml"),
        dist.join(format!("aod-sdk-{version}.pom")),
    )?;
    package_testing_kit(&dist)?;

    let android = project().join("android");
    let parts = android::Parts {
        android: &android,
        classes: &[built.join("classes"), android.join("target/classes")],
        pom: &project().join("pom.xml"),
    };
    let libraries = parts.libraries()?;
    if libraries.is_empty() {
        eprintln!(
            "no AAR: no library for Android has been built, which `--target aarch64-linux-android` does with the NDK"
        );
        return Ok(());
    }
    run_in(
        &android,
        maven().args(["--batch-mode", "--quiet", "clean", "compile"]),
    )?;
    let name = format!("aod-sdk-android-{version}");
    parts.write(&libraries, &dist.join(format!("{name}.aar")))?;
    let sources = ["src/main/kotlin", "generated", "android/src/main/kotlin"];
    android::jar(
        &dist.join(format!("{name}-sources.jar")),
        &sources.map(|folder| project().join(folder)),
        &["com"],
    )?;
    // The classes of the jar, which are almost all.
    let documentation = format!("aod-sdk-{version}-javadoc.jar");
    fs::copy(
        dist.join(documentation),
        dist.join(format!("{name}-javadoc.jar")),
    )?;
    Ok(())
}

/// Removes the libraries of earlier builds.
pub(crate) fn clean() -> Result<()> {
    for folder in [natives(), project().join("android/jniLibs")] {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

/// Returns the command for Maven, which is a script on Windows.
fn maven() -> Command {
    Command::new(if cfg!(windows) { "mvn.cmd" } else { "mvn" })
}

/// Returns the platforms whose libraries are in the jar.
fn of_jar() -> Result<Vec<&'static Platform>> {
    let mut platforms = Vec::new();
    if !natives().exists() {
        return Ok(platforms);
    }
    for entry in fs::read_dir(natives())? {
        let name = entry?.file_name();
        let platform = PLATFORMS
            .iter()
            .find(|platform| platform.jar_folder().is_some_and(|folder| name == folder));
        platforms
            .push(platform.ok_or_else(|| format!("no platform is called {}", name.display()))?);
    }
    Ok(platforms)
}

fn natives() -> PathBuf {
    project().join("natives")
}

/// Builds the testing kit: its jar, sources and documentation, the POM, and a jar with the program for this platform.
fn package_testing_kit(dist: &Path) -> Result<()> {
    let project = project().join("testing");
    let host = Toolchain::find()?.host()?;
    let platform = host
        .jar_folder()
        .ok_or("the testing kit does not support this machine")?;
    let programs = target().join("kotlin-programs");
    if programs.exists() {
        fs::remove_dir_all(&programs)?;
    }
    let folder = programs.join("com/ravihq/aod/testing").join(platform);
    fs::create_dir_all(&folder)?;
    let program = devserver::program(host)?;
    fs::copy(
        &program,
        folder.join(program.file_name().ok_or("the program has no file name")?),
    )?;
    notices::write(devserver::PACKAGE, &programs.join("META-INF"))?;
    run_in(
        &project,
        maven()
            .args(["--batch-mode", "--quiet", "clean", "package"])
            .arg(format!("-Dplatform={platform}"))
            .arg(format!("-Dprograms={}", programs.display())),
    )?;
    let version = env!("CARGO_PKG_VERSION");
    for suffix in ["", "-sources", "-javadoc", &format!("-{platform}")] {
        let jar = format!("aod-sdk-testing-{version}{suffix}.jar");
        fs::copy(project.join("target").join(&jar), dist.join(&jar)).map_err(|error| {
            format!("{jar} was not built; does the POM have another version? {error}")
        })?;
    }
    let pom = format!("aod-sdk-testing-{version}.pom");
    fs::copy(project.join("pom.xml"), dist.join(pom))?;
    Ok(())
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

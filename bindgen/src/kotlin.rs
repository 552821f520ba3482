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
use crate::toolchain::Linkage;
use crate::tools::{Result, root, run_in, target};

/// Generates the Kotlin bindings next to the façade, and this platform's library as a resource of the jar.
pub(crate) fn generate() -> Result<()> {
    let library = Library::build("aod-ffi")?;
    let sources = project().join("generated");
    if sources.exists() {
        fs::remove_dir_all(&sources)?;
    }
    let unstripped = library.path(Linkage::Dynamic);
    generator::generate(generator::Language::Kotlin, &unstripped, &sources)?;
    let generated = sources.join("com/ravihq/aod/aod_ffi.kt");
    let types = PublicTypes::new(&generator::kotlin_interface(&unstripped)?, &facade()?);
    let patched = patches::apply(&fs::read_to_string(&generated)?)?;
    fs::write(&generated, visibility::set_visibility(&patched, &types))?;
    library.strip_into(
        &project().join("natives").join(jna_folder()?),
        Linkage::Dynamic,
    )
}

/// Builds `dist/kotlin/`: the jar, its sources and documentation, the POM, the same of the testing kit, and the AAR
/// with the compiled ABIs.
pub(crate) fn package() -> Result<()> {
    generate()?;
    let licences = target().join("kotlin-licences");
    notices::write("aod-ffi", &licences)?;
    run_in(
        &project(),
        Command::new("mvn")
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
            "no AAR: no Android ABI has been compiled; see bindings/kotlin/android/build-natives"
        );
        return Ok(());
    }
    run_in(
        &android,
        Command::new("mvn").args(["--batch-mode", "--quiet", "clean", "compile"]),
    )?;
    parts.write(
        &libraries,
        &dist.join(format!("aod-sdk-android-{version}.aar")),
    )
}

/// Builds the testing kit: its jar, sources and documentation, the POM, and a jar with the program for this platform.
fn package_testing_kit(dist: &Path) -> Result<()> {
    let project = project().join("testing");
    let (platform, programs) = (platform()?, target().join("kotlin-programs"));
    if programs.exists() {
        fs::remove_dir_all(&programs)?;
    }
    let folder = programs.join("com/ravihq/aod/testing").join(&platform);
    fs::create_dir_all(&folder)?;
    let program = devserver::program()?;
    fs::copy(
        &program,
        folder.join(program.file_name().ok_or("the program has no file name")?),
    )?;
    notices::write(devserver::PACKAGE, &programs.join("META-INF"))?;
    run_in(
        &project,
        Command::new("mvn")
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

/// Returns the name of this platform in the testing kit.
fn platform() -> Result<String> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x86-64",
        architecture => architecture,
    };
    match std::env::consts::OS {
        system @ ("linux" | "macos" | "windows") => Ok(format!("{system}-{architecture}")),
        other => Err(format!("the testing kit does not support {other}").into()),
    }
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

/// Returns the resource folder in which JNA looks for this platform's library.
fn jna_folder() -> Result<String> {
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        other => return Err(format!("the jar does not support {other}").into()),
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x86-64",
        architecture => architecture,
    };
    Ok(format!("{system}-{architecture}"))
}

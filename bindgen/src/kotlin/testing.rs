//! The testing kit: its jar, and a jar with the program of the development server for each platform.

use std::fs;
use std::path::{Path, PathBuf};

use super::gradle::{self, Environment};
use super::pom::Pom;
use super::{Licences, copy_built, jars, platforms_in, project, run_maven};
use crate::devserver;
use crate::platform::Platform;
use crate::release;
use crate::tools::Result;

/// The folder in which `DevServer` looks for the program of its platform.
const PACKAGE: &str = "com/ravihq/aod/testing";

/// Builds the programs of these platforms, and the testing kit with them and those of other machines.
pub(super) fn package(platforms: &[&'static Platform], dist: &Path) -> Result<()> {
    for platform in platforms {
        if let Some(folder) = platform.jar_folder() {
            let folder = programs().join(folder);
            fs::create_dir_all(&folder)?;
            let program = devserver::program(platform)?;
            let name = program.file_name().ok_or("the program has no file name")?;
            fs::copy(&program, folder.join(name))?;
        }
    }
    let kit = project().join("testing");
    run_maven(&kit, &["clean", "package"])?;
    let pom = Pom::read(&fs::read_to_string(kit.join("pom.xml"))?)?;
    for suffix in [".jar", "-sources.jar", "-javadoc.jar"] {
        copy_built(&kit.join("target"), &pom.file(suffix), dist)?;
    }
    pom.publish(dist)?;
    gradle::write(&pom, Environment::Jvm, None, dist)?;

    let licences = Licences::write(devserver::PACKAGE, &pom.name)?;
    let root = programs();
    let root = root
        .ancestors()
        .nth(PACKAGE.split('/').count())
        .ok_or("no folder of programs")?;
    for platform in platforms_in(&programs(), platforms)? {
        let name = platform.jar_folder().ok_or("not a platform of the jar")?;
        let archive = dist.join(pom.file(&format!("-{name}.jar")));
        jars::of_platform(
            &archive,
            "com.ravihq.aod.testing.programs",
            name,
            (root, &format!("{PACKAGE}/{name}")),
            &licences.folder,
        )?;
        release::check_program_jar(&archive, &format!("{PACKAGE}/{name}"), platform)?;
    }
    Ok(())
}

/// Returns the folder with a folder for each platform, in which its program is.
pub(super) fn programs() -> PathBuf {
    project().join("testing/programs").join(PACKAGE)
}

//! Libraries and programs that other machines have built, for the packages that contain those of several platforms.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::devserver;
use crate::library::Library;
use crate::platform::{Linkage, Place, Platform};
use crate::release;
use crate::tools::{Result, root, target};

/// The library of the packages for Kotlin and Swift.
const LIBRARY: &str = "aod-ffi";

/// Builds the library for these platforms, and the program for those that have one, into `target/prebuilt/<triple>/`.
pub(crate) fn write(platforms: &[&'static Platform]) -> Result<()> {
    let folder = target().join("prebuilt");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let platforms = platforms
        .iter()
        .filter(|platform| platform.place != Place::Apple);
    for platform in platforms {
        let folder = folder.join(platform.triple);
        let library = Library::build_for(platform, LIBRARY)?;
        let stripped = library.strip_into(&target().join("checked"), Linkage::Dynamic)?;
        release::check_library(&stripped, platform)?;
        copy(&library.path(Linkage::Dynamic), &folder)?;
        if let Place::Desktop { .. } = platform.place {
            copy(&devserver::program(platform)?, &folder)?;
        }
    }
    Ok(())
}

/// Returns the folder with what another machine has built for a platform, below that of the environment variable
/// `AOD_PREBUILT`, or `None` if it is not set.
pub(crate) fn folder(platform: &Platform) -> Result<Option<PathBuf>> {
    let Some(folder) = env::var_os("AOD_PREBUILT").filter(|folder| !folder.is_empty()) else {
        return Ok(None);
    };
    let folder = root().join(folder).join(platform.triple);
    if folder.is_dir() {
        Ok(Some(folder))
    } else {
        Err(format!(
            "AOD_PREBUILT has nothing for {platform}: {}",
            folder.display()
        )
        .into())
    }
}

/// Copies a file into a folder.
fn copy(file: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::copy(
        file,
        folder.join(file.file_name().ok_or("a path has no file name")?),
    )?;
    Ok(())
}

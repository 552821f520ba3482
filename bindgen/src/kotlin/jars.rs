//! Jars that Maven does not make: those for one platform, and the parts of the AAR.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{Result, run, target};

/// Archives these entries of each folder.
pub(super) fn jar(
    archive: &Path,
    manifest: Option<&Path>,
    contents: &[(PathBuf, Vec<String>)],
) -> Result<()> {
    let mut command = Command::new("jar");
    // A fixed date for all entries, so that the archive is reproducible.
    command.args(["--create", "--date", "2026-01-01T00:00:00Z", "--file"]);
    command.arg(archive);
    match manifest {
        Some(manifest) => command.arg("--manifest").arg(manifest),
        None => command.arg("--no-manifest"),
    };
    for (folder, entries) in contents {
        for entry in entries {
            command.arg("-C").arg(folder).arg(entry);
        }
    }
    run(&mut command)
}

/// Writes a jar with what is for one platform: this entry of a folder, and the licences and the bill of materials.
///
/// Its name has no valid name of a module, so the manifest has one.
pub(super) fn of_platform(
    archive: &Path,
    module: &str,
    platform: &str,
    (folder, entry): (&Path, &str),
    licences: &Path,
) -> Result<()> {
    let manifest = target().join("kotlin-manifest");
    let platform = platform.replace('-', "_");
    fs::write(
        &manifest,
        format!("Created-By: cargo bindgen\nAutomatic-Module-Name: {module}.{platform}\n"),
    )?;
    let contents = [
        (licences.to_owned(), vec!["META-INF".to_owned()]),
        (folder.to_owned(), vec![entry.to_owned()]),
    ];
    jar(archive, Some(&manifest), &contents)
}

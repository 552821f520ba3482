//! The licences of the crates in a native library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde::Deserialize;

use crate::tools::{Result, root};

/// The name of the file in packages.
pub(crate) const FILE: &str = "THIRD-PARTY-NOTICES";

/// A licence whose text some crates leave out.
const MPL: &str = include_str!("../licences/MPL-2.0.txt");

/// The beginnings of the names of files with a licence or a notice.
const NAMES: [&str; 7] = [
    "LICENSE",
    "LICENCE",
    "UNLICENSE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "PATENTS",
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A crate, as `cargo metadata` describes it.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    repository: Option<String>,
    /// `None` for the crates of this workspace.
    source: Option<String>,
    manifest_path: PathBuf,
}

/// Copies the licence of the SDK into a folder, and writes the notices of a native library beside it.
pub(crate) fn write(library: &str, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::copy(root().join("LICENSE"), folder.join("LICENSE"))?;
    fs::write(folder.join(FILE), notices(library)?)?;
    Ok(())
}

/// Returns the notices: each crate with its licence and its source, and then the texts of the licences. Of the licences
/// that a crate offers, Apache-2.0 is chosen, whose text is needed once.
fn notices(library: &str) -> Result<String> {
    let apache = fs::read_to_string(root().join("LICENSE"))?;
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages(library)? {
        let Package {
            name,
            version,
            license,
            repository,
            ..
        } = &package;
        let license = license.as_deref().unwrap_or("see its text below");
        let source = repository.as_deref().unwrap_or("https://crates.io");
        list.push_str(&format!("{name} {version}: {license}\n    {source}\n"));
        let is_apache = offers(license, "Apache-2.0");
        let mut own = package.texts()?;
        if is_apache {
            own.retain(|(file, _)| file.starts_with("NOTICE"));
            own.push(("LICENSE".to_owned(), apache.clone()));
        }
        if own.is_empty() && license == "MPL-2.0" {
            own.push(("LICENSE".to_owned(), MPL.to_owned()));
        }
        if own.is_empty() {
            return Err(format!("{name} {version} ({license}) has no licence text").into());
        }
        for (_, text) in own {
            texts
                .entry(text)
                .or_default()
                .push(format!("{name} {version}"));
        }
    }
    let mut notices = format!(
        "The native library of this package contains the crates below, and the standard library of Rust\n\
         (https://github.com/rust-lang/rust, Apache-2.0 OR MIT). Their licences follow the list.\n\n{list}"
    );
    for (text, of) in texts {
        let line = "-".repeat(80);
        notices.push_str(&format!(
            "\n{line}\n{}\n{line}\n\n{}\n",
            of.join(", "),
            text.trim_end()
        ));
    }
    Ok(notices)
}

/// Returns the crates of others that a library contains on any platform, sorted.
pub(crate) fn packages(library: &str) -> Result<Vec<Package>> {
    let tree = cargo(&[
        "tree",
        "--package",
        library,
        "--edges",
        "normal,no-proc-macro",
        "--target",
        "all",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}",
    ])?;
    // A line is `name v1.2.3`, and the folder of a crate in this workspace.
    let contained: Vec<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or(rest)))
        .collect();
    let metadata: Metadata = serde_json::from_str(&cargo(&["metadata", "--format-version", "1"])?)?;
    let mut packages = metadata.packages;
    packages.retain(|package| {
        package.source.is_some() && contained.contains(&(&package.name, &package.version))
    });
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages)
}

impl Package {
    /// Returns the names and contents of the files with licences and notices.
    fn texts(&self) -> Result<Vec<(String, String)>> {
        let folder = self.manifest_path.parent().ok_or("a crate has no folder")?;
        let mut texts = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().to_uppercase();
            if NAMES.iter().any(|start| name.starts_with(start)) && entry.file_type()?.is_file() {
                let text = fs::read(entry.path())?;
                texts.push((name, String::from_utf8_lossy(&text).replace('\r', "")));
            }
        }
        texts.sort();
        Ok(texts)
    }
}

/// Returns whether a licence expression offers a licence as one of several, or consists of it.
fn offers(expression: &str, licence: &str) -> bool {
    !expression.contains('(')
        && expression
            .split(" OR ")
            .flat_map(|alternative| alternative.split('/'))
            .any(|alternative| alternative.trim() == licence)
}

fn cargo(arguments: &[&str]) -> Result<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(arguments)
        .arg("--locked")
        .output()?;
    if !output.status.success() {
        let problem = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo {} failed: {problem}", arguments.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notices_name_every_crate_of_a_library_and_have_its_licence() {
        for library in ["aod-ffi", "aod-ffi-json"] {
            let notices = notices(library).unwrap();
            for (name, text) in [
                ("reqwest", "Apache License"),
                ("ring", "ISC"),
                ("uniffi_core", "Mozilla Public License"),
                ("webpki-roots", "CDLA-Permissive-2.0"),
                ("tokio", "Copyright (c) Tokio Contributors"),
            ] {
                assert!(notices.contains(&format!("\n{name} ")), "{name}");
                assert!(notices.contains(text), "{text}");
            }
            // Neither the crates of the workspace, nor those that only run at build time.
            for name in ["aod-sdk", "serde_derive", "clap", "criterion"] {
                assert!(!notices.contains(&format!("\n{name} ")), "{name}");
            }
        }
    }

    #[test]
    fn a_licence_is_offered_if_it_can_be_chosen_alone() {
        for expression in ["Apache-2.0", "MIT OR Apache-2.0", "MIT/Apache-2.0"] {
            assert!(offers(expression, "Apache-2.0"), "{expression}");
        }
        for expression in [
            "MIT",
            "Apache-2.0 AND ISC",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(!offers(expression, "Apache-2.0"), "{expression}");
        }
    }
}

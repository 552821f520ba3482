//! The licences of the crates in a native library.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::dependencies::{Dependencies, Package};
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
    // Of all platforms, and without the crates of this workspace.
    let packages = Dependencies::of(library, &[])?.packages;
    for package in packages.values().filter(|package| package.source.is_some()) {
        let Package {
            name,
            version,
            license,
            repository,
            ..
        } = package;
        let license = license.as_deref().unwrap_or("see its text below");
        let source = repository.as_deref().unwrap_or("https://crates.io");
        list.push_str(&format!("{name} {version}: {license}\n    {source}\n"));
        let is_apache = offers(license, "Apache-2.0");
        let mut own = files(package)?;
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

/// Returns the names and contents of a crate's files with licences and notices.
fn files(package: &Package) -> Result<Vec<(String, String)>> {
    let folder = package.manifest_path.parent();
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder.ok_or("a crate has no folder")?)? {
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

/// Returns whether a licence expression offers a licence as one of several, or consists of it.
fn offers(expression: &str, licence: &str) -> bool {
    !expression.contains('(')
        && expression
            .split(" OR ")
            .flat_map(|alternative| alternative.split('/'))
            .any(|alternative| alternative.trim() == licence)
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

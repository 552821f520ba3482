//! Runs UniFFI's generator as a library, with the configuration in `uniffi.toml` at the root.

use std::collections::HashMap;
use std::path::Path;

pub(crate) use uniffi_bindgen::bindings::TargetLanguage as Language;
use uniffi_bindgen::bindings::{self, GenerateOptions};
pub(crate) use uniffi_bindgen::interface::ComponentInterface as Interface;
use uniffi_bindgen::{BindgenLoader, BindgenPaths, Component, GlobalConfig, interface};

use crate::tools::{Result, root};

/// Generates the bindings of a language from an unstripped library.
pub(crate) fn generate(language: Language, library: &Path, folder: &Path) -> Result<()> {
    bindings::generate(GenerateOptions {
        languages: vec![language],
        source: utf8(library)?.into(),
        out_dir: utf8(folder)?.into(),
        config_override: Some(utf8(&root().join("uniffi.toml"))?.into()),
        ..GenerateOptions::default()
    })
    .map_err(|error| format!("{error:#}").into())
}

/// Reads the interface of an unstripped library, with the names used in Kotlin.
pub(crate) fn kotlin_interface(library: &Path) -> Result<Interface> {
    let (config, _) = GlobalConfig::from_file(utf8(&root().join("uniffi.toml"))?.into())?;
    let loader = BindgenLoader::new(BindgenPaths::default(), config);
    let interfaces = loader.load_cis(loader.load_metadata(utf8(library)?.into())?)?;
    let mut components = loader.load_components(interfaces, |_, config| {
        let renames = ["bindings", "kotlin", "rename"]
            .iter()
            .try_fold(&config, |table, key| table.get(key));
        Ok(renames
            .and_then(|table| table.as_table())
            .cloned()
            .unwrap_or_default())
    })?;
    let (Some(Component { mut ci, config }), true) = (components.pop(), components.is_empty())
    else {
        return Err(format!(
            "{} does not have the interface of exactly one crate",
            library.display()
        )
        .into());
    };
    let renames = HashMap::from([(ci.crate_name().to_owned(), config)]);
    interface::rename(&mut ci, &renames);
    Ok(ci)
}

fn utf8(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

//! UniFFI's generator, as a library. `uniffi.toml` at the root says how the bindings of each language are named.

use std::path::Path;

pub(crate) use uniffi_bindgen::bindings::TargetLanguage as Language;
use uniffi_bindgen::bindings::{self, GenerateOptions};

use crate::tools::{Result, root};

/// Generates the bindings of a language for a library that is not stripped.
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

fn utf8(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

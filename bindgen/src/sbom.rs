//! The software bill of materials of a native library or program, in the format `CycloneDX`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::notices::{self, Package};
use crate::tools::Result;

/// Writes the bill of materials of an artifact that contains a crate of this workspace: all crates in it that come from
/// a registry. `artifact` is its package URL without the version, such as `pkg:maven/<group>/<name>`.
pub(crate) fn write(library: &str, artifact: &str, file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let bill = bill(artifact, &notices::packages(library)?);
    Ok(fs::write(file, serde_json::to_string_pretty(&bill)?)?)
}

fn bill(artifact: &str, packages: &[Package]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let url = format!("{artifact}@{version}");
    let name = artifact.rsplit('/').next();
    let components: Vec<Value> = packages.iter().map(component).collect();
    // Neither a time nor a random serial number, so that the same sources give the same bytes.
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "library", "bom-ref": url, "name": name, "version": version, "purl": url,
            "licenses": [{"expression": "Apache-2.0"}],
        }},
        "components": components,
    })
}

fn component(package: &Package) -> Value {
    let Package { name, version, .. } = package;
    let url = format!("pkg:cargo/{name}@{version}");
    let mut component = json!({
        "type": "library", "bom-ref": url, "name": name, "version": version, "purl": url, "scope": "required",
    });
    if let Some(license) = &package.license {
        // Cargo accepts a slash too, which SPDX does not.
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_lists_every_crate_of_a_library_with_its_licence() {
        let packages = notices::packages("aod-ffi").unwrap();
        let bill = bill("pkg:maven/io.github.ravi-hq/aod-sdk", &packages);
        assert_eq!(bill["metadata"]["component"]["name"], "aod-sdk");
        let components = bill["components"].as_array().unwrap();
        assert_eq!(components.len(), packages.len());
        let of = |name: &str| {
            components
                .iter()
                .find(|component| component["name"] == name)
        };
        let reqwest = of("reqwest").unwrap();
        let version = reqwest["version"].as_str().unwrap();
        assert_eq!(reqwest["purl"], format!("pkg:cargo/reqwest@{version}"));
        assert_eq!(reqwest["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert!(components.iter().all(|component| {
            let license = component["licenses"][0]["expression"].as_str();
            license.is_some_and(|license| !license.contains('/'))
        }));
        // Neither a crate of the workspace, nor one that only runs at build time.
        assert!(of("aod-sdk").is_none() && of("serde_derive").is_none());
    }
}

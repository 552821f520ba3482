//! The software bill of materials of a package, in the format of `CycloneDX`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::dependencies::{Dependencies, Id, Package};
use crate::platform::Platform;
use crate::tools::Result;

/// Writes the bill of a crate on these platforms, or on any if none is named: each crate that it contains, with its
/// version, licence, repository and dependencies. The same sources give the same bytes.
pub(crate) fn write(package: &str, platforms: &[&Platform], file: &Path) -> Result<()> {
    let bill = serde_json::to_string_pretty(&bill(&Dependencies::of(package, platforms)?))?;
    Ok(fs::write(file, format!("{bill}\n"))?)
}

fn bill(dependencies: &Dependencies) -> Value {
    let Dependencies {
        root,
        packages,
        edges,
    } = dependencies;
    let components: Vec<_> = packages
        .iter()
        .filter(|(id, _)| *id != root)
        .map(|(_, package)| component(package))
        .collect();
    let dependencies: Vec<_> = edges
        .iter()
        .map(|(id, needs)| json!({"ref": purl(id), "dependsOn": needs.iter().map(purl).collect::<Vec<_>>()}))
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": packages.get(root).map(component)},
        "components": components,
        "dependencies": dependencies,
    })
}

fn component(package: &Package) -> Value {
    let purl = purl(&(package.name.clone(), package.version.clone()));
    let mut component = json!({
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
    });
    if let Some(license) = &package.license {
        // Older crates separate alternatives by a slash.
        let alternatives: Vec<_> = license.split('/').map(str::trim).collect();
        component["licenses"] = json!([{"expression": alternatives.join(" OR ")}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

fn purl((name, version): &Id) -> String {
    // A plus sign has to be escaped.
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_lists_each_crate_of_a_platform_with_its_licence_and_dependencies() {
        let linux = Platform::of("x86_64-unknown-linux-gnu").unwrap();
        let dependencies = Dependencies::of("aod-ffi", &[linux]).unwrap();
        let bill = bill(&dependencies);
        assert_eq!(bill["metadata"]["component"]["name"], "aod-ffi");
        let component = |name: &str| {
            let components = bill["components"].as_array().unwrap();
            components
                .iter()
                .find(|component| component["name"] == name)
        };
        let own = component("aod-sdk").unwrap();
        assert_eq!(own["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(own["licenses"][0]["expression"], "Apache-2.0");
        assert!(component("rustls").is_some());
        // Of another platform, of the tests, and of the build.
        for name in ["jni", "windows-sys", "aod-devserver", "serde_derive"] {
            assert!(component(name).is_none(), "{name}");
        }
        let needs = bill["dependencies"].as_array().unwrap();
        assert_eq!(needs.len(), dependencies.packages.len());
        let of_sdk = needs.iter().find(|entry| entry["ref"] == own["bom-ref"]);
        let of_sdk = of_sdk.unwrap()["dependsOn"].as_array().unwrap();
        let sse = concat!("pkg:cargo/aod-sse@", env!("CARGO_PKG_VERSION"));
        assert!(of_sdk.iter().any(|purl| purl == sse));
    }

    #[test]
    fn the_bill_names_the_crates_of_all_its_platforms() {
        let names = |platforms: &[&Platform]| -> Vec<String> {
            let dependencies = Dependencies::of("aod-ffi", platforms).unwrap();
            dependencies
                .packages
                .into_keys()
                .map(|(name, _)| name)
                .collect()
        };
        let linux = Platform::of("x86_64-unknown-linux-gnu").unwrap();
        let windows = Platform::of("x86_64-pc-windows-msvc").unwrap();
        let (one, both, all) = (names(&[linux]), names(&[linux, windows]), names(&[]));
        assert!(both.iter().any(|name| name.starts_with("windows")));
        assert!(one.iter().all(|name| both.contains(name)));
        assert!(both.iter().all(|name| all.contains(name)));
    }
}

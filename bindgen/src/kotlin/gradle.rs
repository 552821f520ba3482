//! Gradle module metadata, which Gradle reads instead of the POM: it selects the AAR for Android and the jar elsewhere.
//!
//! The format: <https://github.com/gradle/gradle/blob/master/platforms/documentation/docs/src/docs/design/gradle-module-metadata-latest-specification.md>

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::pom::{Dependency, Pom};
use crate::release;
use crate::tools::Result;

/// What the main file of an artifact is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Environment {
    Jvm,
    Android,
}

/// The content of the file. Gradle reads no file in which the version of the format is not the first value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Module {
    format_version: &'static str,
    component: Value,
    variants: Vec<Value>,
}

/// Writes the metadata of an artifact into the folder with its files. An artifact for the JVM can refer Android apps to
/// another one.
pub(super) fn write(
    pom: &Pom,
    environment: Environment,
    android: Option<&Pom>,
    folder: &Path,
) -> Result<()> {
    let mut variants = Vec::new();
    let extension = match environment {
        Environment::Jvm => "jar",
        Environment::Android => "aar",
    };
    let main = files(pom, &format!(".{extension}"), folder)?;
    let dependencies: Vec<_> = pom.dependencies.iter().map(dependency).collect();
    for usage in ["api", "runtime"] {
        variants.push(json!({
            "name": format!("{usage}Elements"),
            "attributes": library(usage, environment, pom),
            "dependencies": dependencies,
            "files": main,
        }));
    }
    for (usage, android) in ["api", "runtime"].iter().zip(android.into_iter().cycle()) {
        let Pom {
            group,
            name,
            version,
            ..
        } = android;
        variants.push(json!({
            "name": format!("android{}{}Elements", usage[..1].to_uppercase(), &usage[1..]),
            "attributes": library(usage, Environment::Android, android),
            "available-at": {
                "url": format!("../../{name}/{version}/{}", android.file(".module")),
                "group": group, "module": name, "version": version,
            },
        }));
    }
    for documentation in ["sources", "javadoc"] {
        variants.push(json!({
            "name": format!("{documentation}Elements"),
            "attributes": {
                "org.gradle.category": "documentation",
                "org.gradle.dependency.bundling": "external",
                "org.gradle.docstype": documentation,
                "org.gradle.usage": "java-runtime",
            },
            "files": files(pom, &format!("-{documentation}.jar"), folder)?,
        }));
    }
    let Pom {
        group,
        name,
        version,
        ..
    } = pom;
    let component = json!({
        "group": group, "module": name, "version": version,
        "attributes": {"org.gradle.status": "release"},
    });
    let module = Module {
        format_version: "1.1",
        component,
        variants,
    };
    let text = serde_json::to_string_pretty(&module)?;
    Ok(fs::write(folder.join(pom.file(".module")), text)?)
}

/// Returns the attributes of a library by which Gradle selects a variant.
fn library(usage: &str, environment: Environment, pom: &Pom) -> Value {
    let mut attributes = json!({
        "org.gradle.category": "library",
        "org.gradle.dependency.bundling": "external",
        "org.gradle.usage": format!("java-{usage}"),
    });
    match environment {
        Environment::Jvm => {
            attributes["org.gradle.jvm.environment"] = "standard-jvm".into();
            attributes["org.gradle.jvm.version"] = pom.java.into();
            attributes["org.gradle.libraryelements"] = "jar".into();
            attributes["org.jetbrains.kotlin.platform.type"] = "jvm".into();
        }
        Environment::Android => {
            attributes["org.gradle.jvm.environment"] = "android".into();
            attributes["org.gradle.libraryelements"] = "aar".into();
            attributes["org.jetbrains.kotlin.platform.type"] = "androidJvm".into();
        }
    }
    attributes
}

fn dependency(dependency: &Dependency) -> Value {
    let Dependency {
        group,
        name,
        version,
        packaging,
    } = dependency;
    let mut described = json!({"group": group, "module": name, "version": {"requires": version}});
    if let Some(packaging) = packaging {
        described["thirdPartyCompatibility"] =
            json!({"artifactSelector": {"name": name, "type": packaging, "extension": packaging}});
    }
    described
}

fn files(pom: &Pom, suffix: &str, folder: &Path) -> Result<Value> {
    let name = pom.file(suffix);
    let bytes = fs::read(folder.join(&name)).map_err(|error| format!("{name}: {error}"))?;
    Ok(json!([{"name": name, "url": name, "size": bytes.len(), "sha256": release::sha256(&bytes)}]))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::android;
    use super::*;
    use crate::tools::root;

    /// The POMs of the jar and of the AAR.
    fn poms() -> [Pom; 2] {
        let jar = fs::read_to_string(root().join("bindings/kotlin/pom.xml")).unwrap();
        let aar = android::pom(&jar).unwrap();
        [jar, aar].map(|text| Pom::read(&text).unwrap())
    }

    /// Writes the metadata of an artifact whose files have some content, and returns it.
    fn module(name: &str, pom: &Pom, environment: Environment, android: Option<&Pom>) -> Value {
        let folder: PathBuf =
            std::env::temp_dir().join(format!("gradle-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for suffix in [".jar", ".aar", "-sources.jar", "-javadoc.jar"] {
            fs::write(folder.join(pom.file(suffix)), suffix).unwrap();
        }
        write(pom, environment, android, &folder).unwrap();
        let text = fs::read_to_string(folder.join(pom.file(".module"))).unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert!(
            text.trim_start_matches(['{', ' ', '\n'])
                .starts_with("\"formatVersion\"")
        );
        serde_json::from_str(&text).unwrap()
    }

    fn variant<'m>(module: &'m Value, name: &str) -> &'m Value {
        let mut variants = module["variants"].as_array().unwrap().iter();
        variants.find(|variant| variant["name"] == name).unwrap()
    }

    #[test]
    fn the_jar_is_for_the_jvm_and_refers_android_to_the_aar() {
        let [jar, aar] = poms();
        let module = module("jar", &jar, Environment::Jvm, Some(&aar));
        let version = env!("CARGO_PKG_VERSION");
        for (name, usage) in [
            ("apiElements", "java-api"),
            ("runtimeElements", "java-runtime"),
        ] {
            let variant = variant(&module, name);
            assert_eq!(variant["attributes"]["org.gradle.usage"], usage);
            assert_eq!(
                variant["attributes"]["org.gradle.jvm.environment"],
                "standard-jvm"
            );
            assert_eq!(variant["attributes"]["org.gradle.jvm.version"], 11);
            let file = &variant["files"][0];
            assert_eq!(file["url"], format!("aod-sdk-{version}.jar"));
            assert_eq!(file["size"], 4);
            assert_eq!(file["sha256"], release::sha256(b".jar"));
        }
        for (name, usage) in [
            ("androidApiElements", "java-api"),
            ("androidRuntimeElements", "java-runtime"),
        ] {
            let variant = variant(&module, name);
            assert_eq!(variant["attributes"]["org.gradle.usage"], usage);
            assert_eq!(
                variant["attributes"]["org.gradle.jvm.environment"],
                "android"
            );
            let url = format!("../../aod-sdk-android/{version}/aod-sdk-android-{version}.module");
            assert_eq!(variant["available-at"]["url"], url);
            assert!(variant.get("files").is_none());
        }
        assert!(variant(&module, "sourcesElements")["files"][0]["size"].is_u64());
    }

    #[test]
    fn dependencies_are_those_of_the_pom() {
        let [jar, aar] = poms();
        let dependencies = |module: &Value| {
            let found = &variant(module, "runtimeElements")["dependencies"];
            found.as_array().unwrap().clone()
        };
        let found = dependencies(&module("of-jar", &jar, Environment::Jvm, None));
        let names: Vec<_> = found.iter().map(|found| &found["module"]).collect();
        // Without those of the tests.
        assert_eq!(
            names,
            [
                "kotlin-stdlib",
                "kotlinx-coroutines-core",
                "kotlinx-serialization-json",
                "jna"
            ]
        );
        // The value of the property that the POM names.
        let stdlib = found[0]["version"]["requires"].as_str().unwrap();
        assert!(stdlib.starts_with("2."), "{stdlib}");
        assert!(found[3].get("thirdPartyCompatibility").is_none());
        // On Android, JNA has an AAR too.
        let found = dependencies(&module("of-aar", &aar, Environment::Android, None));
        let selected = &found[3]["thirdPartyCompatibility"]["artifactSelector"];
        assert_eq!(selected["type"], "aar");
    }

    #[test]
    fn a_published_pom_names_the_metadata() {
        let [jar, _] = poms();
        let folder = std::env::temp_dir().join(format!("pom-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        jar.publish(&folder).unwrap();
        let published = fs::read_to_string(folder.join(jar.file(".pom"))).unwrap();
        fs::remove_dir_all(folder).unwrap();
        let root = published.split_once("<project").unwrap().1;
        assert!(root.contains("<!-- do_not_remove: published-with-gradle-metadata -->"));
        assert_eq!(
            Pom::read(&published).unwrap().dependencies,
            jar.dependencies
        );
    }
}

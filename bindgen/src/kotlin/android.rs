//! The AAR: the classes of the jar and those for Android only, with a library for each Android ABI instead of those for
//! desktops.

use std::fs;
use std::path::{Path, PathBuf};

use super::jars::jar;
use crate::tools::{Result, target};

/// The inputs of an AAR.
pub(super) struct Parts<'p> {
    /// The folder with the manifest, the shrinker rules for apps, and `jniLibs/`.
    pub(super) android: &'p Path,
    /// The folders of the compiled classes.
    pub(super) classes: &'p [PathBuf],
    /// The software bill of materials.
    pub(super) sbom: &'p Path,
}

impl Parts<'_> {
    /// Returns the compiled libraries, as `<abi>/libaod_ffi.so`.
    pub(super) fn libraries(&self) -> Result<Vec<PathBuf>> {
        let folder = self.android.join("jniLibs");
        let mut libraries = Vec::new();
        if folder.exists() {
            for abi in fs::read_dir(&folder)? {
                let library = abi?.path().join("libaod_ffi.so");
                libraries.push(library.strip_prefix(&folder)?.to_owned());
            }
        }
        libraries.sort();
        Ok(libraries)
    }

    /// Writes an AAR with these libraries.
    pub(super) fn write(&self, libraries: &[PathBuf], aar: &Path) -> Result<()> {
        let staging = target().join("aar");
        if staging.exists() {
            fs::remove_dir_all(&staging)?;
        }
        for library in libraries {
            let place = staging.join("jni").join(library);
            fs::create_dir_all(place.parent().ok_or("a library has no ABI")?)?;
            fs::copy(self.android.join("jniLibs").join(library), place)?;
        }
        let copy = |from: &str, to: &str| fs::copy(self.android.join(from), staging.join(to));
        copy("AndroidManifest.xml", "AndroidManifest.xml")?;
        copy("consumer-rules.pro", "proguard.txt")?;
        fs::write(staging.join("R.txt"), "")?;
        // Not in `classes.jar`, whose resources become those of the app.
        let sboms = staging.join("META-INF/sbom");
        fs::create_dir_all(&sboms)?;
        fs::copy(
            self.sbom,
            sboms.join(self.sbom.file_name().ok_or("the bill has no name")?),
        )?;
        let classes = self.classes.iter().map(|folder| {
            let mut entries = vec!["com".to_owned()];
            for entry in fs::read_dir(folder.join("META-INF"))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                // For programs that GraalVM compiles, and in the AAR already.
                if !["native-image", "sbom"].contains(&&*name) {
                    entries.push(format!("META-INF/{name}"));
                }
            }
            entries.sort();
            Ok((folder.clone(), entries))
        });
        let classes: Vec<_> = classes.collect::<Result<_>>()?;
        jar(&staging.join("classes.jar"), None, &classes)?;
        jar(aar, None, &[(staging, vec![".".to_owned()])])
    }
}

/// Converts the POM of the jar to that of the AAR, which depends on the AAR of JNA.
pub(super) fn pom(jar: &str) -> Result<String> {
    let mut pom = jar.to_owned();
    for (of_the_jar, of_the_aar) in [
        (
            "<artifactId>aod-sdk</artifactId>",
            "<artifactId>aod-sdk-android</artifactId>",
        ),
        (
            "\n    <name>Agent on Demand SDK</name>",
            "\n    <packaging>aar</packaging>\n    <name>Agent on Demand SDK for Android</name>",
        ),
        (
            "<artifactId>jna</artifactId>",
            "<artifactId>jna</artifactId>\n            <type>aar</type>",
        ),
        (", for the JVM</description>", ", for Android</description>"),
    ] {
        if !pom.contains(of_the_jar) {
            return Err(format!("the POM of the jar has no {of_the_jar}").into());
        }
        pom = pom.replacen(of_the_jar, of_the_aar, 1);
    }
    Ok(pom)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_archive_has_the_layout_of_an_aar() {
        let root = crate::tools::root();
        let folder = std::env::temp_dir().join(format!("aar-{}", std::process::id()));
        let android = folder.join("android");
        for abi in ["arm64-v8a", "x86_64"] {
            fs::create_dir_all(android.join("jniLibs").join(abi)).unwrap();
            fs::write(
                android.join("jniLibs").join(abi).join("libaod_ffi.so"),
                b"a library",
            )
            .unwrap();
        }
        for file in ["AndroidManifest.xml", "consumer-rules.pro"] {
            fs::copy(
                root.join("bindings/kotlin/android").join(file),
                android.join(file),
            )
            .unwrap();
        }
        let classes = ["classes", "classes-for-android"].map(|classes| folder.join(classes));
        for (classes, file) in classes.iter().zip(["file", "android"]) {
            for folder in ["com", "META-INF", "META-INF/native-image", "linux-x86-64"] {
                fs::create_dir_all(classes.join(folder)).unwrap();
                fs::write(classes.join(folder).join(file), folder).unwrap();
            }
        }
        let sbom = folder.join("aod-sdk.cdx.json");
        fs::write(&sbom, "{}").unwrap();
        let parts = Parts {
            android: &android,
            classes: &classes,
            sbom: &sbom,
        };
        let aar = folder.join("aod-sdk-android.aar");
        parts.write(&parts.libraries().unwrap(), &aar).unwrap();

        let entries = |archive: &Path| {
            let listed = Command::new("jar")
                .arg("--list")
                .arg("--file")
                .arg(archive)
                .output()
                .unwrap();
            let mut entries: Vec<_> = String::from_utf8(listed.stdout)
                .unwrap()
                .lines()
                .filter(|entry| !entry.ends_with('/'))
                .map(str::to_owned)
                .collect();
            entries.sort();
            entries
        };
        assert_eq!(
            entries(&aar),
            [
                "AndroidManifest.xml",
                "META-INF/sbom/aod-sdk.cdx.json",
                "R.txt",
                "classes.jar",
                "jni/arm64-v8a/libaod_ffi.so",
                "jni/x86_64/libaod_ffi.so",
                "proguard.txt",
            ]
        );
        // With the licences that Maven has put into `META-INF`.
        let classes_jar = target().join("aar/classes.jar");
        assert_eq!(
            entries(&classes_jar),
            [
                "META-INF/android",
                "META-INF/file",
                "com/android",
                "com/file",
            ]
        );
        let pom = fs::read_to_string(root.join("bindings/kotlin/pom.xml")).unwrap();
        let pom = super::pom(&pom).unwrap();
        assert!(pom.contains("<packaging>aar</packaging>") && pom.contains("<type>aar</type>"));
        fs::remove_dir_all(folder).unwrap();
    }
}

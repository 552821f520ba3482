//! The POM of an artifact.

use std::fs;
use std::path::Path;

use roxmltree::{Document, Node};

use crate::tools::Result;

/// The comment by which Gradle knows that there is a `.module` file beside the POM.
const GRADLE: &str = "<!-- do_not_remove: published-with-gradle-metadata -->";

/// What users of an artifact need of its POM.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pom {
    text: String,
    pub(super) group: String,
    pub(super) name: String,
    pub(super) version: String,
    /// The oldest version of Java that can load its classes.
    pub(super) java: u32,
    /// What programs that depend on it are compiled and run with.
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) version: String,
    /// The type of the file, unless it is a jar.
    pub(super) packaging: Option<String>,
}

impl Pom {
    pub(super) fn read(text: &str) -> Result<Self> {
        let document = Document::parse(text)?;
        let project = document.root_element();
        let properties = child(project, "properties");
        // The value of an element, in which the name of a property may stand for its value.
        let value = |parent: Node<'_, '_>, name: &str| -> Result<String> {
            let text = child(parent, name).and_then(|child| child.text());
            let text = text.ok_or_else(|| format!("the POM has an element without {name}"))?;
            match text
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'))
            {
                None => Ok(text.to_owned()),
                Some(property) => properties
                    .and_then(|properties| child(properties, property)?.text())
                    .map(str::to_owned)
                    .ok_or_else(|| format!("the POM has no property {property}").into()),
            }
        };
        let listed = child(project, "dependencies");
        let listed = listed.iter().flat_map(Node::children).filter(|node| {
            node.is_element()
                && child(*node, "scope").is_none_or(|scope| scope.text() == Some("compile"))
        });
        let dependencies = listed.map(|node| {
            Ok(Dependency {
                group: value(node, "groupId")?,
                name: value(node, "artifactId")?,
                version: value(node, "version")?,
                packaging: child(node, "type")
                    .map(|_| value(node, "type"))
                    .transpose()?,
            })
        });
        let properties = properties.ok_or("the POM has no properties")?;
        Ok(Self {
            text: text.to_owned(),
            group: value(project, "groupId")?,
            name: value(project, "artifactId")?,
            version: value(project, "version")?,
            java: value(properties, "kotlin.compiler.jvmTarget")?.parse()?,
            dependencies: dependencies.collect::<Result<_>>()?,
        })
    }

    /// Returns the name of a file of the artifact, such as `<name>-<version>-sources.jar` for `-sources.jar`.
    pub(super) fn file(&self, suffix: &str) -> String {
        format!("{}-{}{suffix}", self.name, self.version)
    }

    /// Writes the POM for publication into a folder.
    pub(super) fn publish(&self, folder: &Path) -> Result<()> {
        // Gradle looks only at the children of the root.
        let (root, rest) = self
            .text
            .split_once("<modelVersion>")
            .ok_or("the POM has no modelVersion")?;
        let text = format!("{root}{GRADLE}\n    <modelVersion>{rest}");
        Ok(fs::write(folder.join(self.file(".pom")), text)?)
    }
}

fn child<'a, 'input>(parent: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    parent
        .children()
        .find(|child| child.has_tag_name((parent.tag_name().namespace().unwrap_or_default(), name)))
}

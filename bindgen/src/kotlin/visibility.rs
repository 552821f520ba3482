//! Which of the generated declarations a user of the package sees.
//!
//! The generator makes nearly everything public: converters, the raw client, helpers of its own. Here what the façade
//! does not hand out becomes `internal`, and what it does hand out says `public`, as the explicit API mode asks.

use std::fmt::Write as _;

/// The records and enums of the public API; every other top-level declaration is the façade's own business.
const PUBLIC: [&str; 40] = [
    "Agent",
    "AgentVersion",
    "ConflictReason",
    "CreateAgent",
    "CreateEnvironment",
    "CreateSession",
    "Environment",
    "EnvironmentVersion",
    "ErrorDetail",
    "ErrorKind",
    "FieldError",
    "GithubRepository",
    "GithubSkill",
    "Health",
    "IdPatch",
    "InlineSkill",
    "LocationPart",
    "McpServer",
    "Networking",
    "NetworkingType",
    "OutputChannel",
    "PackageManager",
    "Provider",
    "Quota",
    "ResourceType",
    "RunResult",
    "Runtime",
    "Session",
    "SessionAck",
    "SessionResource",
    "SessionStatus",
    "SessionTurn",
    "Skill",
    "StageState",
    "StdioMcpServer",
    "TextPatch",
    "TurnStatus",
    "UpdateAgent",
    "UpdateEnvironment",
    "UrlMcpServer",
];

/// The records that callers make, for whom Java has no default arguments.
const MADE: [&str; 11] = [
    "CreateAgent",
    "CreateEnvironment",
    "CreateSession",
    "GithubRepository",
    "GithubSkill",
    "InlineSkill",
    "Networking",
    "StdioMcpServer",
    "UpdateAgent",
    "UpdateEnvironment",
    "UrlMcpServer",
];

/// Types that the generator knows no default for, and theirs.
const DEFAULTS: [(&str, &str); 3] = [
    ("JsonFields", "JsonObject(emptyMap())"),
    ("TextPatch", "TextPatch.Keep"),
    ("IdPatch", "IdPatch.Keep"),
];

/// Sets the visibility of each declaration, and the defaults that are missing.
pub(super) fn publish(source: &str) -> String {
    let mut published = String::with_capacity(source.len());
    let mut in_public = false;
    for line in source.lines() {
        if let Some((name, declaration)) = top_level(line) {
            in_public = PUBLIC.contains(&name);
            let visibility = if in_public { "public" } else { "internal" };
            if MADE.contains(&name) {
                let _ = writeln!(
                    published,
                    "{visibility} data class {name} @JvmOverloads constructor("
                );
            } else {
                let _ = writeln!(published, "{visibility} {declaration}");
            }
        } else if let Some((comment, function)) = line.split_once("*/ fun ") {
            // A function of the library's own, behind the end of its comment.
            let _ = writeln!(published, "{comment}*/ internal fun {function}");
        } else if in_public {
            let _ = writeln!(published, "{}", member(line));
        } else {
            let _ = writeln!(published, "{line}");
        }
    }
    published
}

/// The name that a line at the top level declares, and the line without its visibility.
fn top_level(line: &str) -> Option<(&str, &str)> {
    let declaration = line.strip_prefix("public ").unwrap_or(line);
    let mut words = declaration.split_whitespace();
    let mut word = words.next()?;
    if line.starts_with(' ') {
        return None;
    }
    while matches!(
        word,
        "open" | "sealed" | "data" | "abstract" | "enum" | "inline"
    ) {
        word = words.next()?;
    }
    if !matches!(word, "class" | "interface" | "object" | "fun" | "typealias") {
        return None;
    }
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some((&name[..end.unwrap_or(name.len())], declaration))
}

/// A line within a public declaration.
fn member(line: &str) -> String {
    let declaration = line.trim_start();
    let indent = &line[..line.len() - declaration.len()];
    let nested = ["data class ", "object ", "class ", "companion object"];
    if nested
        .iter()
        .any(|keyword| declaration.starts_with(keyword))
    {
        // One of a kind shows its name.
        let data = if declaration.starts_with("object ") {
            "data "
        } else {
            ""
        };
        return format!("{indent}public {data}{declaration}");
    }
    let trimmed = line.trim_end();
    for (kind, default) in DEFAULTS {
        if line.starts_with("    val ") && trimmed.ends_with(kind) {
            return format!("{trimmed} = {default}");
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::publish;

    #[test]
    fn only_what_is_listed_stays_public() {
        let source = "\
sealed class SessionStatus {
    object Pending : SessionStatus()
    companion object
}
public object FfiConverterTypeSessionStatus : FfiConverterRustBuffer<SessionStatus>{
    override fun read(buf: ByteBuffer): SessionStatus {
open class NativeClient: Disposable, AutoCloseable, NativeClientInterface
public typealias Uuid = UUID
internal const val UNIFFI_CALLBACK_SUCCESS = 0
";
        let published = "\
public sealed class SessionStatus {
    public data object Pending : SessionStatus()
    public companion object
}
internal object FfiConverterTypeSessionStatus : FfiConverterRustBuffer<SessionStatus>{
    override fun read(buf: ByteBuffer): SessionStatus {
internal open class NativeClient: Disposable, AutoCloseable, NativeClientInterface
internal typealias Uuid = UUID
internal const val UNIFFI_CALLBACK_SUCCESS = 0
";
        assert_eq!(publish(source), published);
    }

    #[test]
    fn a_field_that_may_be_left_out_has_a_default() {
        let source = "data class UpdateAgent (\n    val `system`: TextPatch\n    , \n    val `metadata`: JsonFields\n";
        let published = "public data class UpdateAgent @JvmOverloads constructor(\n    val `system`: TextPatch = TextPatch.Keep\n    , \n    val `metadata`: JsonFields = JsonObject(emptyMap())\n";
        assert_eq!(publish(source), published);
    }
}

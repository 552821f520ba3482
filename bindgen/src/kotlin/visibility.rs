//! The visibility of the generated declarations.
//!
//! UniFFI makes nearly everything public and has no option for it (mozilla/uniffi-rs#1425, #2573). Here, the
//! public API is declared `public`, as the explicit API mode requires, and everything else `internal`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use uniffi_bindgen::interface::{AsType, Callable, Field, Record, Type};

use crate::generator::Interface;

/// The defaults of types that are optional in requests, for which UniFFI supports no default (mozilla/uniffi-rs#2772).
const DEFAULTS: [(&str, &str); 4] = [
    ("Extra", "JsonObject(emptyMap())"),
    ("JsonFields", "JsonObject(emptyMap())"),
    ("TextPatch", "TextPatch.Keep"),
    ("IdPatch", "IdPatch.Keep"),
];

/// The generated types that are part of the public API.
pub(super) struct PublicTypes {
    /// The records and enums in public declarations of the façade, and those in their fields.
    visible: HashSet<String>,
    /// The visible records that are arguments of calls and have defaults. They get overloaded constructors, because
    /// Java has no default arguments.
    constructible: HashSet<String>,
}

impl PublicTypes {
    /// Determines the types from the interface of the library and the sources of the façade.
    pub(super) fn new(interface: &Interface, facade: &str) -> Self {
        let mut contents: HashMap<&str, Vec<&str>> = HashMap::new();
        for record in interface.record_definitions() {
            contents.insert(
                record.name(),
                record.iter_types().filter_map(Type::name).collect(),
            );
        }
        for item in interface.enum_definitions() {
            contents.insert(
                item.name(),
                item.iter_types().filter_map(Type::name).collect(),
            );
        }

        let named = public_declarations(facade)
            .flat_map(|declaration| declaration.split(|c: char| !c.is_alphanumeric() && c != '_'));
        let visible = reachable(&contents, named);

        let calls = interface
            .object_definitions()
            .iter()
            .filter(|object| !object.has_callback_interface())
            .flat_map(|object| {
                let constructors = object.constructors().into_iter().map(Callable::arguments);
                constructors.chain(object.methods().into_iter().map(Callable::arguments))
            });
        let arguments: Vec<Type> = calls.flatten().map(AsType::as_type).collect();
        let taken = reachable(
            &contents,
            arguments
                .iter()
                .flat_map(Type::iter_types)
                .filter_map(Type::name),
        );
        let constructible = interface
            .record_definitions()
            .iter()
            .filter(|record| record.fields().iter().any(has_default))
            .map(Record::name)
            .filter(|name| visible.contains(name) && taken.contains(name))
            .map(str::to_owned)
            .collect();
        Self {
            visible: visible.into_iter().map(str::to_owned).collect(),
            constructible,
        }
    }
}

/// Returns the records and enums among the names, and those in their fields, recursively.
fn reachable<'a>(
    contents: &HashMap<&'a str, Vec<&'a str>>,
    names: impl Iterator<Item = &'a str>,
) -> HashSet<&'a str> {
    let mut reached = HashSet::new();
    let mut pending: Vec<&str> = names.collect();
    while let Some(name) = pending.pop() {
        if let Some((&name, contained)) = contents.get_key_value(name)
            && reached.insert(name)
        {
            pending.extend(contained);
        }
    }
    reached
}

/// Returns the public declarations in Kotlin sources, without bodies and parts that are not public.
fn public_declarations(source: &str) -> impl Iterator<Item = &str> {
    source.split("public ").skip(1).map(|declaration| {
        let mut depth = 0;
        let end = declaration.find(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(c, '=' | '{' | '\n')
        });
        let signature = &declaration[..end.unwrap_or(declaration.len())];
        // Sealed classes and enums have no public constructors.
        let hidden: &[_] = if signature.starts_with("sealed ") || signature.starts_with("enum ") {
            &["("]
        } else {
            &["internal constructor", "private constructor", ": this("]
        };
        let mut parts = hidden
            .iter()
            .filter_map(|hidden| signature.split_once(hidden));
        parts.next().map_or(signature, |(visible, _)| visible)
    })
}

fn has_default(field: &Field) -> bool {
    let type_ = field.as_type();
    field.default_value().is_some() || DEFAULTS.iter().any(|(name, _)| type_.name() == Some(name))
}

/// Sets the visibility of each declaration and adds missing defaults.
pub(super) fn set_visibility(source: &str, types: &PublicTypes) -> String {
    let mut result = String::with_capacity(source.len());
    let mut in_public = false;
    for line in source.lines() {
        if let Some((name, declaration)) = top_level(line) {
            in_public = types.visible.contains(name);
            let visibility = if in_public { "public" } else { "internal" };
            if types.constructible.contains(name) {
                let _ = writeln!(
                    result,
                    "{visibility} data class {name} @JvmOverloads constructor("
                );
            } else {
                let _ = writeln!(result, "{visibility} {declaration}");
            }
        } else if let Some((before, function)) = exported_function(line) {
            let _ = writeln!(result, "{before} internal fun {function}");
        } else if in_public {
            let _ = writeln!(result, "{}", member(line));
        } else {
            let _ = writeln!(result, "{line}");
        }
    }
    result
}

/// Returns the name that a top-level line declares, and the line without its visibility modifier.
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

/// Splits a line with an exported function before the `fun` keyword. The first part is the end of a comment or a
/// `@Throws` annotation.
fn exported_function(line: &str) -> Option<(&str, &str)> {
    line.split_once(" fun ").filter(|(before, _)| {
        before.ends_with("*/") || (before.contains("@Throws(") && before.ends_with(')'))
    })
}

/// Returns a line of a public declaration with the visibility of nested declarations and missing defaults.
fn member(line: &str) -> String {
    let declaration = line.trim_start();
    let indent = &line[..line.len() - declaration.len()];
    let nested = ["data class ", "object ", "class ", "companion object"];
    if nested
        .iter()
        .any(|keyword| declaration.starts_with(keyword))
    {
        // Unlike an object, a data object has a readable `toString`.
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
    use super::*;

    fn public_types(visible: &[&str], constructible: &[&str]) -> PublicTypes {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        PublicTypes {
            visible: names(visible),
            constructible: names(constructible),
        }
    }

    #[test]
    fn types_are_public_when_the_facade_names_them_or_public_types_contain_them() {
        let interface = Interface::from_webidl(
            "
            namespace sdk {};
            dictionary Session { Status status; sequence<Repository>? resources; };
            enum Status { \"Running\" };
            dictionary Repository { string url; string? branch = null; };
            dictionary CreateSession { string prompt; Repository repository; string? name = null; };
            dictionary Config { Retry retry; string? user_agent = null; };
            dictionary Retry { u32 attempts = 2; };
            dictionary Quota { u32 limit = 1; };
            dictionary Facts { Quota quota; };
            interface NativeClient {
                constructor(Config config);
                Session create(CreateSession request, u32 attempt);
                Quota quota();
            };
            ",
            "sdk",
        )
        .unwrap();
        let facade = "
            public class Client private constructor(private val config: Config) {
                public constructor(url: String) : this(Config(url))

                public suspend fun create(
                    prompt: String,
                    name: String? = null,
                ): Session = create(CreateSession(prompt, name))

                public suspend fun create(request: CreateSession): Session = call { native.create(request, 1u) }

                public val quota: Quota get() = facts.quota
            }

            public class Failure internal constructor(val facts: Facts) : Exception()

            public sealed class Kind(facts: Facts) : Exception()

            internal class Retries(val retry: Retry)
        ";
        let types = PublicTypes::new(&interface, facade);
        let sorted = |names: HashSet<String>| {
            let mut names: Vec<_> = names.into_iter().collect();
            names.sort();
            names
        };
        assert_eq!(
            sorted(types.visible),
            ["CreateSession", "Quota", "Repository", "Session", "Status"]
        );
        // `Quota` is not an argument of any call.
        assert_eq!(sorted(types.constructible), ["CreateSession", "Repository"]);
    }

    #[test]
    fn only_public_types_stay_public() {
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
     */ fun `count`(): kotlin.UInt {
    @Throws(CallException::class) fun `read`(`json`: kotlin.String): Session {
    @Throws(CallException::class)override fun `listen`(): Subscription {
";
        let expected = "\
public sealed class SessionStatus {
    public data object Pending : SessionStatus()
    public companion object
}
internal object FfiConverterTypeSessionStatus : FfiConverterRustBuffer<SessionStatus>{
    override fun read(buf: ByteBuffer): SessionStatus {
internal open class NativeClient: Disposable, AutoCloseable, NativeClientInterface
internal typealias Uuid = UUID
internal const val UNIFFI_CALLBACK_SUCCESS = 0
     */ internal fun `count`(): kotlin.UInt {
    @Throws(CallException::class) internal fun `read`(`json`: kotlin.String): Session {
    @Throws(CallException::class)override fun `listen`(): Subscription {
";
        assert_eq!(
            set_visibility(source, &public_types(&["SessionStatus"], &[])),
            expected
        );
    }

    #[test]
    fn optional_fields_have_defaults_in_java_too() {
        let source = "data class UpdateAgent (\n    val `system`: TextPatch\n    , \n    val `metadata`: JsonFields\n";
        let expected = "public data class UpdateAgent @JvmOverloads constructor(\n    val `system`: TextPatch = TextPatch.Keep\n    , \n    val `metadata`: JsonFields = JsonObject(emptyMap())\n";
        let types = public_types(&["UpdateAgent"], &["UpdateAgent"]);
        assert_eq!(set_visibility(source, &types), expected);
    }
}

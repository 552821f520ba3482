//! Reads JSON in place, field by field: without a tree or a depth limit, and with the digits of numbers verbatim.
//!
//! `serde_json::Value` is not suitable: it cannot represent large integers, rounds some floats, and rejects lone
//! surrogates (from text that was split within an emoji) and nesting beyond 128 levels. The Python SDK 0.1.0 accepts
//! all of these.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// One valid JSON value: its text without surrounding whitespace.
#[derive(Clone, Copy)]
pub(crate) struct Json<'a>(&'a str);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl<'a> Json<'a> {
    /// Creates a value from its text, which must be valid JSON without surrounding whitespace.
    pub(crate) fn of(source: &'a str) -> Self {
        Self(source)
    }

    /// Returns the JSON text.
    pub(crate) fn source(self) -> &'a str {
        self.0
    }

    pub(crate) fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Returns whether the value is truthy in Python: not null, false, zero or empty.
    pub(crate) fn is_truthy(self) -> bool {
        match self.kind() {
            Kind::Null => false,
            Kind::Bool => self.0 == "true",
            Kind::Number => self.0.parse::<f64>().is_ok_and(|number| number != 0.0),
            Kind::String => self.0.len() > 2,
            Kind::Array | Kind::Object => !self.0[1..self.0.len() - 1].trim_ascii().is_empty(),
        }
    }

    /// Returns whether the value is this string.
    pub(crate) fn is(self, text: &str) -> bool {
        self.string().is_some_and(|string| string == text)
    }

    /// Returns the decoded text of a string. A lone surrogate becomes U+FFFD.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        if self.kind() != Kind::String {
            return None;
        }
        let inside = &self.0[1..self.0.len() - 1];
        if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inside));
        }
        serde_json::Deserializer::from_str(self.0)
            .deserialize_bytes(Text)
            .ok()
            .map(Cow::Owned)
    }

    /// Returns the named fields of an object; `None` for each if the value is not an object.
    pub(crate) fn fields<const N: usize>(self, names: [&str; N]) -> [Option<Json<'a>>; N] {
        object(self.0, names).unwrap_or([None; N])
    }

    /// Visits the fields of an object in the order of the text, including duplicates. Other values have no fields.
    pub(crate) fn for_each_field(self, each: impl FnMut(&str, Json<'a>)) {
        if self.kind() == Kind::Object {
            // The text is known to be valid.
            let _ = serde_json::Deserializer::from_str(self.0).deserialize_map(AllFields(each));
        }
    }

    /// Returns the digits of a number, rounded to an integer if it is a float.
    pub(crate) fn whole_number(self) -> Option<Cow<'a, str>> {
        if self.kind() != Kind::Number {
            return None;
        }
        if !self.0.contains(['.', 'e', 'E']) {
            return Some(Cow::Borrowed(self.0));
        }
        let number = self.number()?;
        Some(Cow::Owned(format!("{number:.0}")))
    }

    /// Returns a finite number.
    pub(crate) fn number(self) -> Option<f64> {
        if self.kind() != Kind::Number {
            return None;
        }
        self.0
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }

    /// Visits the items of an array. Another value counts as its own single item.
    pub(crate) fn for_each_item(self, each: impl FnMut(Json<'a>)) {
        let mut each = each;
        if self.kind() == Kind::Array {
            // The text is known to be valid.
            let _ = serde_json::Deserializer::from_str(self.0).deserialize_seq(Items(each));
        } else {
            each(self);
        }
    }

    /// Returns the number of items, fields or characters; `None` for other kinds of values.
    pub(crate) fn len(self) -> Option<usize> {
        let mut count = 0;
        match self.kind() {
            Kind::Array => self.for_each_item(|_| count += 1),
            Kind::Object => {
                count = serde_json::Deserializer::from_str(self.0)
                    .deserialize_map(FieldCount)
                    .ok()?;
            }
            Kind::String => count = self.string()?.chars().count(),
            Kind::Null | Kind::Bool | Kind::Number => return None,
        }
        Some(count)
    }
}

/// Returns the text of a string field; empty if it is missing or not a string.
pub(crate) fn text(field: Option<Json<'_>>) -> Cow<'_, str> {
    field.and_then(Json::string).unwrap_or_default()
}

/// Returns the first nonempty text.
pub(crate) fn first_text<const N: usize>(fields: [Option<Json<'_>>; N]) -> Cow<'_, str> {
    fields
        .into_iter()
        .map(text)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// Returns the texts of the strings in an array.
pub(crate) fn texts(field: Option<Json<'_>>) -> Vec<Cow<'_, str>> {
    let mut texts = Vec::new();
    if let Some(array) = field.filter(|field| field.kind() == Kind::Array) {
        array.for_each_item(|item| texts.extend(item.string()));
    }
    texts
}

/// Returns the text of a tool result: a string, or the texts of its blocks, joined by newlines.
pub(crate) fn content(field: Option<Json<'_>>) -> Cow<'_, str> {
    let Some(field) = field else {
        return Cow::default();
    };
    match field.kind() {
        Kind::String => text(Some(field)),
        Kind::Array => {
            let mut texts = Vec::new();
            field.for_each_item(|block| {
                let [text] = block.fields(["text"]);
                texts.extend(text.and_then(Json::string));
            });
            Cow::Owned(texts.join("\n"))
        }
        _ => Cow::default(),
    }
}

/// Returns the named fields of a JSON object, the last one of duplicates; `None` if the text is not one object.
pub(crate) fn object<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Option<[Option<Json<'a>>; N]> {
    let mut source = serde_json::Deserializer::from_str(text);
    let found = source.deserialize_map(Fields(names)).ok()?;
    source.end().ok()?;
    Some(found)
}

/// Parses a JSON text; `None` if it is malformed, or if a [`Value`] cannot represent it: it nests too deeply, an
/// integer does not fit into 64 bits, or a key is one that `serde_json` gives a meaning of its own.
pub(crate) fn value(text: &str) -> Option<Value> {
    is_representable(text)
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// Returns whether all integers and keys of a JSON text can be represented by a [`Value`].
fn is_representable(text: &str) -> bool {
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let rest = &text[at..];
        match byte {
            b'"' => {
                let (literal, after) = rest.split_at(string_length(rest));
                let is_key = after.trim_ascii_start().starts_with(':');
                if is_key && self::text(Some(Json(literal))).starts_with(RESERVED) {
                    return false;
                }
                at += literal.len();
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |character: char| {
                    character.is_ascii_digit() || matches!(character, '-' | '+' | '.' | 'e' | 'E')
                };
                let number = rest.split(|character| !is_part(character)).next();
                let number = number.unwrap_or_default();
                let is_integer = !number.contains(['.', 'e', 'E']);
                if is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    return false;
                }
                at += number.len();
            }
            // All characters outside strings are ASCII, or the text is malformed.
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    true
}

/// The start of the keys by which `serde_json` recognizes raw values and numbers.
const RESERVED: &str = "$serde_json::private::";

/// Replaces `NaN`, `Infinity` and `-Infinity`, which Python accepts but JSON does not, by `null`, as JavaScript
/// serializes them; `None` if the text contains none.
pub(crate) fn constants_as_null(text: &str) -> Option<String> {
    let mut replaced = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'"', b'N', b'I', &text.as_bytes()[at..]) {
        at += found;
        let rest = &text[at..];
        if rest.starts_with('"') {
            at += string_length(rest);
            continue;
        }
        let constant = ["NaN", "Infinity"]
            .into_iter()
            .find(|constant| rest.starts_with(constant))?;
        let before = &text[done..at];
        replaced.push_str(if constant == "Infinity" {
            before.strip_suffix('-').unwrap_or(before)
        } else {
            before
        });
        replaced.push_str("null");
        at += constant.len();
        done = at;
    }
    if done == 0 {
        return None;
    }
    replaced.push_str(&text[done..]);
    Some(replaced)
}

/// Returns the size of the string literal at the start of `text`, with its quotes; the size of `text` if it does not
/// end.
pub(crate) fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// Decodes a string as bytes, because `serde_json` accepts lone surrogates only in this form.
struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        let mut text = String::with_capacity(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                }
                Err(error) => {
                    let (valid, invalid) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = invalid.get(SURROGATE_LENGTH..).unwrap_or_default();
                }
            }
        }
        Ok(text)
    }
}

/// The size of a lone surrogate in generalized UTF-8 (WTF-8), in bytes.
const SURROGATE_LENGTH: usize = 3;

/// Selects the named fields of an object and skips the others.
struct Fields<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> Visitor<'de> for Fields<'_, N> {
    type Value = [Option<Json<'de>>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(place) = map.next_key_seed(Place(&self.0))? {
            match place {
                Some(place) => found[place] = Some(Json(map.next_value::<&RawValue>()?.get())),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Finds the index of a field name.
struct Place<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| wanted.as_bytes() == name))
    }
}

struct AllFields<F>(F);

impl<'de, F: FnMut(&str, Json<'de>)> Visitor<'de> for AllFields<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            (self.0)(&name, Json(map.next_value::<&RawValue>()?.get()));
        }
        Ok(())
    }
}

/// A field name, which may contain lone surrogates.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_bytes(Text)
    }
}

struct Items<F>(F);

impl<'de, F: FnMut(Json<'de>)> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            (self.0)(Json(item.get()));
        }
        Ok(())
    }
}

struct FieldCount;

impl<'de> Visitor<'de> for FieldCount {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while map.next_key_seed(Place(&[]))?.is_some() {
            map.next_value::<IgnoredAny>()?;
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(line: &str) -> Option<String> {
        let [field] = object(line, ["f"])?;
        Some(field.map_or("(missing)", Json::source).to_owned())
    }

    #[test]
    fn accepts_exactly_one_object() {
        assert_eq!(field(r#" {"f" : [1, 2] } "#).as_deref(), Some("[1, 2]"));
        assert_eq!(field("{}").as_deref(), Some("(missing)"));
        for line in [
            "",
            "null",
            "[{}]",
            "{} {}",
            "{}x",
            r#"{"f":1,}"#,
            r#"{"f":01}"#,
            "\u{feff}{}",
            "{\"f\":\"\t\"}",
        ] {
            assert_eq!(field(line), None, "{line:?}");
        }
    }

    #[test]
    fn returns_the_last_of_duplicate_fields_even_if_escaped() {
        assert_eq!(field(r#"{"f":1,"\u0066":2}"#).as_deref(), Some("2"));
    }

    #[test]
    fn reads_lone_surrogates_in_names_and_texts() {
        assert_eq!(field(r#"{"\ud83d":1,"f":2}"#).as_deref(), Some("2"));
        for (json, text) in [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude00b""#, "\u{fffd}b"),
            (r#""\ud83d\ud83d\ude00\n""#, "\u{fffd}😀\n"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(Json::of(json).string().as_deref(), Some(text));
        }
    }

    #[test]
    fn evaluates_truthiness_like_python() {
        for json in [
            "true",
            "1",
            "-1",
            "0.5",
            "1e400",
            "\" \"",
            "[0]",
            "{\"a\":0}",
        ] {
            assert!(Json::of(json).is_truthy(), "{json}");
        }
        for json in [
            "null", "false", "0", "-0", "-0.0", "0e5", "1e-400", "\"\"", "[ ]", "{\t}",
        ] {
            assert!(!Json::of(json).is_truthy(), "{json}");
        }
    }

    #[test]
    fn replaces_constants_outside_strings_only() {
        let null = |text| constants_as_null(text);
        assert_eq!(
            null(r#"{"NaN":NaN,"a\"NaN":[-Infinity,Infinity]}"#).as_deref(),
            Some(r#"{"NaN":null,"a\"NaN":[null,null]}"#)
        );
        for text in [
            "",
            "{}",
            r#"{"a":"NaN Infinity"}"#,
            "None",
            r#"{"a":"NaN"#,
            "\"\\",
        ] {
            assert_eq!(null(text), None, "{text:?}");
        }
    }

    #[test]
    fn visits_every_field_in_order() {
        let mut seen = Vec::new();
        Json::of(r#"{"b":1,"a\n":[2],"b":null,"\ud83d":{}}"#)
            .for_each_field(|name, value| seen.push(format!("{name}={}", value.source())));
        assert_eq!(seen, ["b=1", "a\n=[2]", "b=null", "\u{fffd}={}"]);
        Json::of(r#"["no fields"]"#).for_each_field(|name, _| panic!("{name}"));
    }

    #[test]
    fn rounds_numbers_to_integers() {
        let whole = |json| Json::of(json).whole_number().map(Cow::into_owned);
        assert_eq!(whole("128").as_deref(), Some("128"));
        assert_eq!(whole("-1").as_deref(), Some("-1"));
        assert_eq!(
            whole("123456789012345678901234567890").as_deref(),
            Some("123456789012345678901234567890")
        );
        assert_eq!(whole("6086.0").as_deref(), Some("6086"));
        for json in ["1e400", "null", "\"1\"", "true", "[1]"] {
            assert_eq!(whole(json), None, "{json}");
        }
    }
}

//! Repair of JSON that common parsers reject.

/// The maximum nesting depth of arrays and objects. Common parsers allow 128 levels or more.
const MAX_DEPTH: usize = 100;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Repairs a JSON text; returns `None` if no repair is needed.
///
/// - Lone surrogates and ill-formed UTF-8 sequences become U+FFFD.
/// - Numbers that do not fit into a double (`1e400`, `NaN`) become strings.
/// - Values that are nested more than 100 levels deep become strings.
/// - A byte order mark is removed.
///
/// Other malformed JSON is not changed.
pub(crate) fn repair(json: &[u8]) -> Option<Vec<u8>> {
    if let Err(_ill_formed) = str::from_utf8(json) {
        let text = String::from_utf8_lossy(json).into_owned().into_bytes();
        return Some(repair(&text).unwrap_or(text));
    }
    Repair {
        json,
        at: 0,
        copied: 0,
        output: Vec::new(),
    }
    .run()
}

/// The state of a repair: the position in the input, and the output so far.
struct Repair<'j> {
    json: &'j [u8],
    at: usize,
    /// The end of the input that is in `output`.
    copied: usize,
    output: Vec<u8>,
}

impl Repair<'_> {
    fn run(mut self) -> Option<Vec<u8>> {
        if self.json.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
            self.replace(0, b"");
        }
        let mut depth = 0;
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                b'"' => self.string(),
                b'{' | b'[' if depth == MAX_DEPTH => self.nested(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' | b'I' | b'N' => self.number(),
                _ => self.at += 1,
            }
        }
        if self.copied == 0 {
            return None;
        }
        self.output.extend_from_slice(&self.json[self.copied..]);
        Some(self.output)
    }

    /// Replaces the input from `start` to the position.
    fn replace(&mut self, start: usize, replacement: &[u8]) {
        self.output
            .extend_from_slice(&self.json[self.copied..start]);
        self.output.extend_from_slice(replacement);
        self.copied = self.at;
    }

    /// Replaces the input from `start` to the position with a string that contains it.
    fn quote(&mut self, start: usize) {
        let text = String::from_utf8_lossy(&self.json[start..self.at]);
        let quoted = serde_json::Value::from(text).to_string();
        self.replace(start, quoted.as_bytes());
    }

    /// Skips a string and replaces its lone surrogates.
    fn string(&mut self) {
        self.at += 1;
        while let Some(found) = memchr::memchr2(b'"', b'\\', &self.json[self.at..]) {
            self.at += found;
            if self.json[self.at] == b'"' {
                self.at += 1;
                return;
            }
            let start = self.at;
            match self.unit(start) {
                None => self.at = self.json.len().min(start + 2),
                Some(0xD800..=0xDBFF) if matches!(self.unit(start + 6), Some(0xDC00..=0xDFFF)) => {
                    self.at = start + 12;
                }
                Some(0xD800..=0xDFFF) => {
                    self.at = start + 6;
                    self.replace(start, "\u{fffd}".as_bytes());
                }
                Some(_) => self.at = start + 6,
            }
        }
        self.at = self.json.len();
    }

    /// Returns the UTF-16 code unit of the `\u` escape at a position.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
    }

    /// Skips a number, and turns it into a string if it does not fit into a finite double.
    fn number(&mut self) {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let rest = &self.json[start..];
        self.at += rest.iter().take_while(|byte| is_part(byte)).count().max(1);
        let text = str::from_utf8(&self.json[start..self.at]).unwrap_or_default();
        if text.parse().is_ok_and(|number: f64| !number.is_finite()) {
            self.quote(start);
        }
    }

    /// Turns an array or an object into a string.
    fn nested(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.json.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => self.pass_string(),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        self.quote(start);
    }

    /// Skips the rest of a string.
    fn pass_string(&mut self) {
        while let Some(found) = memchr::memchr2(b'"', b'\\', &self.json[self.at..]) {
            self.at += found + 1;
            if self.json[self.at - 1] == b'"' {
                return;
            }
            self.at = self.json.len().min(self.at + 1);
        }
        self.at = self.json.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn repaired(json: &str) -> String {
        String::from_utf8(repair(json.as_bytes()).expect("it is changed")).unwrap()
    }

    #[test]
    fn replaces_what_parsers_refuse_and_nothing_else() {
        for (json, expected) in [
            (r#"{"a":"\ud800","b":1}"#, "{\"a\":\"\u{fffd}\",\"b\":1}"),
            (
                r#"["\udc00\ud83d\ude00\ud83dx"]"#,
                "[\"\u{fffd}\\ud83d\\ude00\u{fffd}x\"]",
            ),
            (
                r#"{"a":1e400,"b":-1e999,"c":"1e400"}"#,
                r#"{"a":"1e400","b":"-1e999","c":"1e400"}"#,
            ),
            (
                "[NaN,Infinity,-Infinity]",
                r#"["NaN","Infinity","-Infinity"]"#,
            ),
            ("\u{feff}{}", "{}"),
        ] {
            assert_eq!(repaired(json), expected);
        }
        assert_eq!(
            repair(b"\"\xff\""),
            Some("\"\u{fffd}\"".as_bytes().to_vec())
        );
    }

    #[test]
    fn quotes_what_is_nested_too_deep() {
        let deep = format!("{}\"]\"{}", "[".repeat(5000), "]".repeat(5000));
        let json = format!(r#"{{"a":{deep},"b":[1]}}"#);
        let value: Value = serde_json::from_str(&repaired(&json)).unwrap();
        assert_eq!(value["b"], serde_json::json!([1]));
        let mut inner = &value["a"];
        while inner.is_array() {
            inner = &inner[0];
        }
        let rest = "[".repeat(5000 - MAX_DEPTH + 1);
        assert!(inner.as_str().unwrap().starts_with(&rest));
    }

    #[test]
    fn leaves_everything_else_as_it_is() {
        for json in [
            "",
            "null",
            r#"{"a":"\\ud800 \ud83d\ude00 \u00e9","b":[1,-2.5e3,true]}"#,
            r#"{"a":"\u12"#,
            r#"{"a":"\"#,
            "<html>NaNny-goat</html>",
            "}}]]",
        ] {
            assert_eq!(repair(json.as_bytes()), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_is_stable(json in r#"[\[\]{}":,\\uN0-9deaD.+ -]{0,60}"#) {
            if let Some(once) = repair(json.as_bytes()) {
                prop_assert_eq!(repair(&once), None);
            }
        }
    }
}

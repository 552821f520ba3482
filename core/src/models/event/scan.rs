//! Reads `output` events as known servers write them, which are nearly all of a stream, without a JSON parser.

use super::OutputFields;

/// Reads an event whose fields are `type`, `id`, `stream`, `data` and `turn`, in this order, with at most one space after
/// each `:` and `,`, and no other whitespace; `None` for any other text, which a JSON parser may still accept.
///
/// Strings have no lone surrogates, so that every JSON parser reads them in the same way.
pub(super) fn scan(json: &str) -> Option<OutputFields<'_>> {
    let mut scanner = Scanner { json, at: 0 };
    let (mut id, mut turn) = (None, None);
    scanner.take(b"{\"type\":")?;
    scanner.take_space();
    scanner.take(b"\"output\"")?;
    scanner.take_name(b"\"id\":")?;
    scanner.take_number(&mut id)?;
    scanner.take_name(b"\"stream\":")?;
    let quoted = scanner.take_string()?;
    let stream = quoted.strip_prefix('"')?.strip_suffix('"')?;
    scanner.take_name(b"\"data\":")?;
    let data = scanner.take_string()?;
    scanner.take_name(b"\"turn\":")?;
    scanner.take_number(&mut turn)?;
    scanner.take(b"}")?;
    (scanner.at == json.len() && !stream.contains('\\')).then_some(OutputFields {
        id,
        stream,
        data,
        turn,
    })
}

struct Scanner<'j> {
    json: &'j str,
    at: usize,
}

impl<'j> Scanner<'j> {
    fn rest(&self) -> &'j [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, token: &[u8]) -> Option<()> {
        self.rest()
            .starts_with(token)
            .then(|| self.at += token.len())
    }

    fn take_space(&mut self) {
        self.at += usize::from(self.rest().first() == Some(&b' '));
    }

    fn take_name(&mut self, name: &[u8]) -> Option<()> {
        self.take(b",")?;
        self.take_space();
        self.take(name)?;
        self.take_space();
        Some(())
    }

    /// Takes `null`, or an integer of at most 18 digits, which an `i64` always holds.
    fn take_number(&mut self, number: &mut Option<i64>) -> Option<()> {
        if self.take(b"null").is_some() {
            return Some(());
        }
        let is_negative = self.take(b"-").is_some();
        let (mut value, mut digits) = (0, 0);
        while let Some(digit @ b'0'..=b'9') = self.rest().get(digits) {
            if digits == 18 || (digits == 1 && value == 0) {
                return None;
            }
            value = value * 10 + i64::from(digit - b'0');
            digits += 1;
        }
        if digits == 0 || (is_negative && value == 0) {
            return None;
        }
        self.at += digits;
        *number = Some(if is_negative { -value } else { value });
        Some(())
    }

    /// Takes a string, and returns it with its quotation marks and escapes.
    fn take_string(&mut self) -> Option<&'j str> {
        let start = self.at;
        self.take(b"\"")?;
        loop {
            self.at += find_special(self.rest())?;
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return self.json.get(start..self.at);
                }
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    ..,
                ] => self.at += 2,
                escape @ [b'\\', b'u', ..] => {
                    self.at += match (unit(escape)?, escape.get(6..).and_then(unit)) {
                        (0xD800..=0xDBFF, Some(0xDC00..=0xDFFF)) => 12,
                        (0xD800..=0xDFFF, _) => return None,
                        _ => 6,
                    };
                }
                _ => return None,
            }
        }
    }
}

/// Returns the position of the first quotation mark, backslash or control character.
fn find_special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    // Sets the highest bit of each byte below the limit, which is at most 128. Borrows can also set it in bytes after the
    // first such byte.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let special = (quote | backslash | below(word, b' ')) & (ONES << 7);
        if special != 0 {
            return Some(at + special.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
    bytes[at..]
        .iter()
        .position(is_special)
        .map(|found| at + found)
}

/// Returns the UTF-16 code unit that the text escapes with `\u` at its start.
pub(super) fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.first_chunk::<4>()?;
    // `from_str_radix` accepts a sign.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{PlainOutput, StreamEvent};
    use super::*;

    const TEXTS: [&str; 9] = [
        "",
        "a",
        "seven..",
        "eight...",
        r#"{\"type\":\"assistant\"}\n"#,
        r"\\\/\b\f\n\r\t\u0000\u20ac",
        r"\ud83d\ude00 \uD83D\uDE00 \\ud800",
        "caf\u{e9} \u{1f600} \u{7f}",
        "long enough to be searched in more than one step",
    ];

    fn written(text: &str) -> [String; 3] {
        [
            format!(
                r#"{{"type": "output", "id": 7, "stream": "stdout", "data": "{text}", "turn": 1}}"#
            ),
            format!(
                r#"{{"type":"output","id":-10,"stream":"{text}","data":"{text}","turn":null}}"#
            ),
            format!(r#"{{"type":"output","id":null,"stream":"","data":"{text}","turn":0}}"#),
        ]
    }

    /// Compares the fields with what a JSON parser reads.
    fn assert_same(fields: OutputFields<'_>, json: &str) {
        let plain = PlainOutput {
            id: fields.id,
            turn: fields.turn,
            fields: None,
        };
        assert_eq!(PlainOutput::parse(json), Some(plain), "{json}");
        let event = StreamEvent::Output(fields.to_event());
        assert_eq!(event, StreamEvent::parse(json), "{json}");
    }

    #[test]
    fn reads_what_known_servers_write() {
        for text in TEXTS {
            let [known, escaped, unnamed] = written(text);
            for json in [&known, &unnamed] {
                assert_same(scan(json).expect(json), json);
            }
            // A name of a stream with escapes is left to the JSON parser.
            assert_eq!(scan(&escaped).is_some(), !text.contains('\\'), "{escaped}");
        }
    }

    #[test]
    fn reads_numbers_that_an_i64_always_holds() {
        for (id, is_read) in [
            ("999999999999999999", true),
            ("-999999999999999999", true),
            ("0", true),
            ("1000000000000000000", false),
            ("00", false),
            ("-0", false),
            ("-", false),
            ("1.0", false),
            ("1e1", false),
        ] {
            let json =
                format!(r#"{{"type":"output","id":{id},"stream":"stdout","data":"","turn":{id}}}"#);
            let fields = scan(&json);
            assert_eq!(fields.is_some(), is_read, "{json}");
            if let Some(fields) = fields {
                assert_same(fields, &json);
            }
        }
    }

    #[test]
    fn agrees_with_a_json_parser_on_changed_text() {
        let inserted = [
            "\"",
            "\\",
            "\\u",
            "\\ud83d",
            "\\ude00",
            "\u{1}",
            "\n",
            " ",
            "  ",
            ",",
            ":",
            "{",
            "}",
            "0",
            "-",
            "1.5",
            "9223372036854775808",
            "\u{e9}",
            "null",
            "\"id\": 8, ",
            "\"type\": \"exit\", ",
        ];
        let mut read = 0;
        for json in TEXTS.iter().flat_map(|text| written(text)) {
            for at in (0..=json.len()).filter(|at| json.is_char_boundary(*at)) {
                let (before, behind) = json.split_at(at);
                let without = behind
                    .chars()
                    .next()
                    .map_or("", |first| &behind[first.len_utf8()..]);
                let changed = inserted
                    .iter()
                    .flat_map(|text| [[before, text, behind], [before, text, without]])
                    .chain([[before, "", ""], [before, "", without]]);
                for changed in changed.map(|parts| parts.concat()) {
                    let Some(fields) = scan(&changed) else {
                        continue;
                    };
                    read += 1;
                    assert_same(fields, &changed);
                }
            }
        }
        assert!(read > 1_000, "{read}");
    }
}

//! The forms in which a text can contain another one: as it is, or escaped for JSON, HTML or a URL, up to twice.

use std::borrow::Cow;
use std::ops::Range;

/// How many levels of escapes are undone.
const MAX_DEPTH: usize = 2;

/// A text with some escapes undone. It is bytes, because the unescaped ones may be ill-formed UTF-8.
pub(super) struct View<'t> {
    source: &'t str,
    bytes: Cow<'t, [u8]>,
    /// The place in the source of each byte, and of the end; empty if the view is the source.
    places: Vec<usize>,
}

/// Calls `visit` with every view of a text that differs from the others.
pub(super) fn visit(text: &str, visit: &mut dyn FnMut(&View<'_>)) {
    let view = View {
        source: text,
        bytes: Cow::Borrowed(text.as_bytes()),
        places: Vec::new(),
    };
    view.visit(MAX_DEPTH, visit);
}

impl View<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the range of the source that these bytes come from, widened to whole characters.
    pub(super) fn range(&self, start: usize, end: usize) -> Range<usize> {
        let (mut start, mut end) = (self.place(start), self.place(end));
        while !self.source.is_char_boundary(start) {
            start -= 1;
        }
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or(at)
    }

    fn visit(&self, depth: usize, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        if depth > 0 {
            for escape in [Escape::Json, Escape::Html, Escape::Percent] {
                if memchr::memchr(escape.marker(), &self.bytes).is_some() {
                    self.unescaped(escape).visit(depth - 1, visit);
                }
            }
        }
    }

    fn unescaped(&self, escape: Escape) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut places = Vec::with_capacity(self.bytes.len() + 1);
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let rest = &self.bytes[at..];
            let found = (*byte == escape.marker()).then(|| escape.first(rest));
            let (meant, length) = found.flatten().unwrap_or((Meant::Byte(*byte), 1));
            match meant {
                Meant::Byte(byte) => bytes.push(byte),
                Meant::Char(char) => {
                    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            places.resize(bytes.len(), self.place(at));
            at += length;
        }
        places.push(self.place(at));
        Self {
            source: self.source,
            bytes: bytes.into(),
            places,
        }
    }
}

/// What an escape stands for.
enum Meant {
    Byte(u8),
    Char(char),
}

#[derive(Clone, Copy)]
enum Escape {
    /// Also that of Python, JavaScript and Rust.
    Json,
    Html,
    Percent,
}

impl Escape {
    fn marker(self) -> u8 {
        match self {
            Self::Json => b'\\',
            Self::Html => b'&',
            Self::Percent => b'%',
        }
    }

    /// Returns what the escape at the start of a text stands for, and its length. The text starts with the marker.
    fn first(self, text: &[u8]) -> Option<(Meant, usize)> {
        match self {
            Self::Json => backslash(text),
            Self::Html => entity(text),
            Self::Percent => Some((Meant::Byte(hex(text.get(1..3)?)?.try_into().ok()?), 3)),
        }
    }
}

fn backslash(text: &[u8]) -> Option<(Meant, usize)> {
    let byte = match *text.get(1)? {
        byte @ (b'"' | b'\'' | b'\\' | b'/') => byte,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'x' => return Some((Meant::Byte(hex(text.get(2..4)?)?.try_into().ok()?), 4)),
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((Meant::Byte(byte), 2))
}

/// `\uXXXX`, or two of them that are a surrogate pair.
fn unicode(text: &[u8]) -> Option<(Meant, usize)> {
    let unit = |at: usize| u16::try_from(hex(text.get(at..at + 4)?)?).ok();
    let pair = [unit(2)?, unit(8).unwrap_or_default()];
    let char = char::decode_utf16(pair).next()?.ok()?;
    Some((Meant::Char(char), char.len_utf16() * 6))
}

/// `&quot;`, `&#34;` and the like.
fn entity(text: &[u8]) -> Option<(Meant, usize)> {
    let end = text.iter().take(10).position(|byte| *byte == b';')?;
    let char = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((Meant::Char(char), end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

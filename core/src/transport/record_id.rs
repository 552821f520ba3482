//! The id of a record in a path.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// The characters of a path segment that are percent-encoded: all except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The id of a record, which becomes one segment of a path.
///
/// The ids of the API are UUIDs. Any other text is percent-encoded, and the server rejects it, for example with
/// [`NotFound`](ErrorKind::NotFound).
///
/// # Examples
///
/// ```
/// use aod::RecordId;
///
/// assert_eq!(RecordId::parse("a/b c")?.to_string(), "a%2Fb%20c");
/// assert_eq!(RecordId::from(uuid::Uuid::nil()), RecordId::parse("00000000-0000-0000-0000-000000000000")?);
/// # Ok::<(), aod::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordId(Segment);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Uuid(Uuid),
    /// Percent-encoded.
    Text(String),
}

impl RecordId {
    /// Parses a UUID in any form that [`Uuid`] parses; any other text becomes one percent-encoded segment.
    ///
    /// # Errors
    ///
    /// Fails with the kind [`InvalidRequest`](ErrorKind::InvalidRequest) if the text cannot be a segment: if it is
    /// empty, `.` or `..`.
    pub fn parse(text: &str) -> Result<Self> {
        if let Ok(id) = text.parse() {
            return Ok(Self(Segment::Uuid(id)));
        }
        if matches!(text, "" | "." | "..") {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "the id cannot be a path segment",
            ));
        }
        let encoded = utf8_percent_encode(text, RESERVED).to_string();
        Ok(Self(Segment::Text(encoded)))
    }

    /// Returns the id as a UUID; `None` if the id is not a UUID.
    pub fn as_uuid(&self) -> Option<Uuid> {
        match self.0 {
            Segment::Uuid(id) => Some(id),
            Segment::Text(_) => None,
        }
    }
}

impl From<Uuid> for RecordId {
    fn from(id: Uuid) -> Self {
        Self(Segment::Uuid(id))
    }
}

/// Writes the segment, percent-encoded.
impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Segment::Uuid(id) => id.fmt(f),
            Segment::Text(encoded) => f.write_str(encoded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_one_segment() {
        for (text, segment) in [
            ("missing", "missing"),
            ("a/../b", "a%2F..%2Fb"),
            ("%2e", "%252e"),
            ("a?b#c", "a%3Fb%23c"),
            ("é\n", "%C3%A9%0A"),
            ("...", "..."),
            (
                "D83489A77E344EB69EC6F138FA0D7FF5",
                "d83489a7-7e34-4eb6-9ec6-f138fa0d7ff5",
            ),
        ] {
            assert_eq!(RecordId::parse(text).unwrap().to_string(), segment);
        }
        for text in ["", ".", ".."] {
            let error = RecordId::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        }
    }
}

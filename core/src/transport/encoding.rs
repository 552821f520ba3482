//! Content encodings of responses.

use std::io::{Read, Write as _};

use aod_transcript::write_visible;
use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::error::{Error, ErrorKind, Result};

/// The number of compressed bytes that are decompressed at a time. The output is at most about a thousand times as
/// large, so this limits the memory for one slice to about 1 MiB.
const SLICE_BYTES: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Deflate,
}

impl Encoding {
    /// Returns the encoding of a response.
    ///
    /// # Errors
    ///
    /// Fails with the kind [`Protocol`](ErrorKind::Protocol) and the name of the encoding if it is unknown, or if there
    /// are several.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self> {
        let values = headers.get_all(CONTENT_ENCODING);
        let names: Vec<String> = values
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Ok(Self::Identity),
            ["gzip" | "x-gzip"] => Ok(Self::Gzip),
            ["deflate"] => Ok(Self::Deflate),
            _ => Err(Self::unsupported(&names.join(", "))),
        }
    }

    fn unsupported(name: &str) -> Error {
        let mut summary = "the response has the unsupported content encoding ".to_owned();
        let name: String = name.chars().take(80).collect();
        // Writing to a string cannot fail.
        let _ = write_visible(&mut summary, &name);
        Error::new(ErrorKind::Protocol, summary)
    }

    /// Decodes a complete body. Decoding stops after `cap + 1` bytes of output, which shows that the body exceeds
    /// `cap`.
    ///
    /// # Errors
    ///
    /// Fails with the kind [`Decode`](ErrorKind::Decode) if the body is corrupt.
    pub(super) fn decode(self, body: Bytes, cap: usize) -> Result<Bytes> {
        // Such as that of a 204, to which a proxy has added the header.
        if body.is_empty() {
            return Ok(body);
        }
        let read = |decoder: &mut dyn Read| {
            let mut decoded = Vec::new();
            let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
            decoder.take(limit).read_to_end(&mut decoded)?;
            std::io::Result::Ok(Bytes::from(decoded))
        };
        let decoded = match self {
            Self::Identity => return Ok(body),
            Self::Gzip => read(&mut MultiGzDecoder::new(&*body)),
            // RFC 9110 requires the zlib format, but some servers send raw deflate data.
            Self::Deflate => read(&mut ZlibDecoder::new(&*body))
                .or_else(|_| read(&mut DeflateDecoder::new(&*body))),
        };
        decoded.map_err(|error| {
            Error::new(
                ErrorKind::Decode,
                "the response's compressed body is corrupt",
            )
            .with_source(error)
        })
    }

    /// Decodes the start of a body up to the first corrupt data, or up to `cap + 1` bytes of output.
    pub(super) fn decode_start(self, body: Vec<u8>, cap: usize) -> Vec<u8> {
        let mut reader: Box<dyn Read + '_> = match self {
            Self::Identity => return body,
            Self::Gzip => Box::new(MultiGzDecoder::new(&*body)),
            Self::Deflate if has_zlib_header(&body) => Box::new(ZlibDecoder::new(&*body)),
            Self::Deflate => Box::new(DeflateDecoder::new(&*body)),
        };
        let mut decoded = vec![0; cap.saturating_add(1)];
        let mut length = 0;
        while length < decoded.len() {
            match reader.read(&mut decoded[length..]) {
                Ok(0) | Err(_) => break,
                Ok(read) => length += read,
            }
        }
        decoded.truncate(length);
        decoded
    }

    /// Decodes the body of an event stream, chunk by chunk.
    ///
    /// # Errors
    ///
    /// Fails with the kind [`Protocol`](ErrorKind::Protocol) for encodings other than gzip.
    pub(super) fn decode_stream(
        self,
        chunks: impl Stream<Item = Result<Bytes>> + Send + 'static,
    ) -> Result<stream::BoxStream<'static, Result<Bytes>>> {
        match self {
            Self::Identity => Ok(chunks.boxed()),
            Self::Gzip => Ok(gunzip(chunks).boxed()),
            Self::Deflate => Err(Self::unsupported("deflate")),
        }
    }
}

/// Returns whether data starts with the header of RFC 1950.
fn has_zlib_header(data: &[u8]) -> bool {
    matches!(*data, [method, flags, ..]
        if method & 0x0F == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31))
}

fn gunzip(
    chunks: impl Stream<Item = Result<Bytes>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    let mut decoder = write::MultiGzDecoder::new(Vec::new());
    chunks
        .map_ok(|chunk| {
            let starts = (0..chunk.len()).step_by(SLICE_BYTES);
            stream::iter(starts.map(move |start| {
                let end = chunk.len().min(start + SLICE_BYTES);
                Result::Ok(chunk.slice(start..end))
            }))
        })
        .try_flatten()
        .map(move |slice: Result<Bytes>| {
            let slice = slice?;
            let written = decoder.write_all(&slice).and_then(|()| decoder.flush());
            written.map_err(|error| {
                Error::new(ErrorKind::Connection, "the stream's gzip data is corrupt")
                    .with_source(error)
            })?;
            Ok(Bytes::from(std::mem::take(decoder.get_mut())))
        })
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use flate2::Compression;
    use http::HeaderValue;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn encoding(values: &[&'static str]) -> Result<Encoding> {
        let values = values
            .iter()
            .map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
        Encoding::of(&values.collect())
    }

    #[test]
    fn knows_every_spelling_and_names_what_it_does_not_know() {
        for values in [[].as_slice(), &["identity"], &[""], &["identity, "]] {
            assert_eq!(encoding(values).unwrap(), Encoding::Identity);
        }
        for value in ["gzip", "x-gzip", "GZIP", " X-Gzip ", "identity, gzip"] {
            assert_eq!(encoding(&[value]).unwrap(), Encoding::Gzip);
        }
        assert_eq!(encoding(&["Deflate"]).unwrap(), Encoding::Deflate);
        for values in [
            ["br"].as_slice(),
            &["gzip, br"],
            &["gzip", "gzip"],
            &["zstd"],
        ] {
            let error = encoding(values).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(
                error
                    .to_string()
                    .contains(values[0].split(',').next().unwrap())
            );
        }
    }

    #[test]
    fn decodes_every_member_of_a_body_up_to_the_cap() {
        let body = [gzip(b"one "), gzip(b"two")].concat();
        let decoded = Encoding::Gzip.decode(body.clone().into(), 100).unwrap();
        assert_eq!(decoded, b"one two".as_slice());
        let decoded = Encoding::Gzip.decode(body.clone().into(), 3).unwrap();
        assert_eq!(decoded, b"one ".as_slice());
        assert_eq!(
            Encoding::Gzip.decode_start(body[..30].to_vec(), 100),
            b"one "
        );
        for encoding in [Encoding::Gzip, Encoding::Deflate] {
            assert!(encoding.decode(Bytes::new(), 100).unwrap().is_empty());
        }
        let bomb = gzip(&vec![0; 50 << 20]);
        assert_eq!(
            Encoding::Gzip.decode(bomb.into(), 1000).unwrap().len(),
            1001
        );
        let error = Encoding::Gzip
            .decode(b"not gzip".as_slice().into(), 100)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }

    #[test]
    fn decodes_deflate_with_and_without_its_header() {
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"text").unwrap();
        let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"text").unwrap();
        for body in [zlib.finish().unwrap(), raw.finish().unwrap()] {
            assert_eq!(Encoding::Deflate.decode_start(body.clone(), 10), b"text");
            assert_eq!(
                Encoding::Deflate.decode(body.into(), 10).unwrap(),
                b"text".as_slice()
            );
        }
    }

    #[test]
    fn decodes_a_stream_as_it_arrives_regardless_of_the_chunks() {
        let text: Vec<u8> = (0..20_000_u32)
            .flat_map(|number| number.to_string().into_bytes())
            .collect();
        let body = [gzip(&text[..7]), gzip(&text[7..])].concat();
        for size in [1, 2, 1000, 5000, body.len()] {
            let chunks: Vec<_> = body
                .chunks(size)
                .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
                .collect();
            let decoded = Encoding::Gzip.decode_stream(stream::iter(chunks)).unwrap();
            let decoded: Vec<Bytes> = block_on(decoded.try_collect()).unwrap();
            assert_eq!(decoded.concat(), text, "in chunks of {size}");
        }
    }

    #[test]
    fn a_decompression_bomb_comes_in_pieces() {
        let bomb = gzip(&vec![b' '; 200 << 20]);
        let chunks = stream::iter([Ok(Bytes::from(bomb))]);
        let decoded = Encoding::Gzip.decode_stream(chunks).unwrap();
        let longest = decoded
            .map_ok(|piece| piece.len())
            .try_fold(0, |most, length| async move { Ok(length.max(most)) });
        assert!(block_on(longest).unwrap() <= 2 << 20);
    }

    #[test]
    fn corrupt_data_breaks_the_connection() {
        let chunks = stream::iter([Ok(Bytes::from_static(b"data: not gzip\n\n"))]);
        let decoded = Encoding::Gzip.decode_stream(chunks).unwrap();
        let error = block_on(decoded.try_collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
    }
}

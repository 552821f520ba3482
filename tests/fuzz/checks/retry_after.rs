use std::time::{Duration, SystemTime};

use super::loopback::Loopback;

/// The longest delay that an error reports: 100 years.
const LONGEST: u64 = 100 * 365 * 24 * 3600;

/// Any `Retry-After` of an error response is parsed as a number of seconds or a date, or ignored.
pub fn retry_after(input: &[u8]) {
    // Bytes that end the header line, or are invalid in it, are not part of the value.
    let is_odd = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
    if input.iter().any(is_odd) {
        return;
    }
    let answer = [
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: ",
        input,
        b"\r\n\r\n",
    ]
    .concat();

    let before = SystemTime::now();
    let error = Loopback::run(
        |_| answer.clone(),
        async |client| client.health().await.expect_err("a refusal"),
    );
    let after = SystemTime::now();

    assert_eq!(error.status(), Some(404), "{error}");
    let read = error.retry_after();
    let text = std::str::from_utf8(input).unwrap_or_default();
    let text = text.trim_matches([' ', '\t']);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.bytes().fold(0_u64, |seconds, digit| {
            seconds
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        assert_eq!(read, Some(Duration::from_secs(seconds.min(LONGEST))));
    } else if let Ok(date) = httpdate::parse_http_date(text) {
        let longest = Duration::from_secs(LONGEST);
        let until = |now| date.duration_since(now).unwrap_or_default().min(longest);
        assert!(read.is_some_and(|read| (until(after)..=until(before)).contains(&read)));
    } else {
        assert_eq!(read, None);
    }
}

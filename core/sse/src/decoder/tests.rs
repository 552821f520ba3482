use super::*;

type Owned = (String, String, String, bool);

fn decode(
    mut decoder: Decoder,
    chunks: impl IntoIterator<Item = impl Into<Bytes>>,
) -> (Vec<Owned>, Decoder) {
    let mut frames = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk.into());
        while let Some(frame) = decoder.next_frame() {
            let Frame {
                event,
                data,
                id,
                own_id,
            } = frame.unwrap();
            frames.push((event.to_owned(), data.to_owned(), id.to_owned(), own_id));
        }
    }
    (frames, decoder)
}

fn data(chunks: &[&'static [u8]]) -> Vec<String> {
    decode(Decoder::new(), chunks.iter().copied())
        .0
        .into_iter()
        .map(|frame| frame.1)
        .collect()
}

fn pieces(body: &[u8], size: usize) -> Vec<Bytes> {
    body.chunks(size).map(Bytes::copy_from_slice).collect()
}

#[test]
fn borrows_a_single_data_line_from_the_chunk() {
    let chunk = Bytes::from_static(b"id: 1\nevent: e\ndata: text\n\n");
    let mut decoder = Decoder::new();
    decoder.feed(chunk.clone());
    let frame = decoder.next_frame().unwrap().unwrap();
    assert_eq!(frame.data, "text");
    assert!(chunk.as_ptr_range().contains(&frame.data.as_ptr()));
}

#[test]
fn moves_data_to_a_buffer_when_its_event_ends_in_a_later_chunk() {
    assert_eq!(
        data(&[b"data: a\n", b"\ndata: b\nda", b"ta: c\n\n"]),
        ["a", "b\nc"]
    );
}

#[test]
fn accepts_several_chunks_before_the_first_frame_is_read() {
    let mut decoder = Decoder::new();
    for chunk in ["data: a\n\ndata", ": b\n\nda", "ta: c\n\n"] {
        decoder.feed(chunk.into());
    }
    for expected in ["a", "b", "c"] {
        assert_eq!(decoder.next_frame().unwrap().unwrap().data, expected);
    }
    assert!(decoder.next_frame().is_none());
}

#[test]
fn dispatches_at_a_cr_without_waiting_for_the_next_byte() {
    assert_eq!(data(&[b"data: a\r\n\r"]), ["a"]);
    assert_eq!(data(&[b"data: a\r\r", b"\ndata: b\r\r"]), ["a", "b"]);
}

#[test]
fn distinguishes_an_own_id_from_an_inherited_one() {
    let (frames, _) = decode(
        Decoder::new(),
        ["id: 4\ndata: a\n\ndata: b\n\nid: 5\n\ndata: c\n\nid\ndata: d\n\n"],
    );
    let ids: Vec<_> = frames
        .iter()
        .map(|frame| (frame.2.as_str(), frame.3))
        .collect();
    assert_eq!(ids, [("4", true), ("4", false), ("5", false), ("", true)]);
}

#[test]
fn commits_the_id_of_a_block_without_data() {
    let (frames, decoder) = decode(Decoder::with_last_event_id("3"), ["id: 5\n\nid: 6\n"]);
    assert_eq!(frames, []);
    assert_eq!(
        decoder.last_event_id(),
        "5",
        "the second block has not ended"
    );
}

#[test]
fn an_id_with_a_nul_keeps_the_previous_id_of_the_block() {
    let (frames, _) = decode(Decoder::new(), ["id: 1\nid: 2\0\ndata: a\n\n"]);
    assert_eq!(frames[0].2, "1");
}

#[test]
fn events_without_an_id_inherit_the_last_event_id_that_was_set() {
    let (_, mut decoder) = decode(Decoder::new(), ["id: 9\ndata: a\n\n"]);
    decoder.set_last_event_id("8");
    let (frames, _) = decode(decoder, ["data: b\n\n"]);
    assert_eq!((frames[0].2.as_str(), frames[0].3), ("8", false));
}

#[test]
fn replaces_each_maximal_ill_formed_sequence_across_chunks() {
    let body = b"data: \xf0\x9f\x98x\xe2\x82\xc3(\xed\xa0\x80\xf5\xe2\x82\xac\n\nid: \xffz\ndata: \xf0\x9f\n\n";
    for size in 1..=body.len() {
        let (frames, _) = decode(Decoder::new(), pieces(body, size));
        let texts: Vec<_> = frames
            .iter()
            .map(|frame| (frame.1.as_str(), frame.2.as_str()))
            .collect();
        let expected = "\u{fffd}x\u{fffd}\u{fffd}(\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{20ac}";
        assert_eq!(
            texts,
            [(expected, ""), ("\u{fffd}", "\u{fffd}z")],
            "pieces of {size}"
        );
    }
}

#[test]
fn refuses_an_event_over_the_limit_at_the_same_size_under_every_chunking() {
    let body = b"data: 1\ndata: 2\n\n: a comment longer than any event may be\n\ndata: 3\ndata: 45\n\ndata: 6\n\n";
    for size in 1..=body.len() {
        let mut decoder = Decoder::new().max_event_size(8);
        let mut seen = Vec::new();
        for piece in pieces(body, size) {
            decoder.feed(piece);
            while let Some(frame) = decoder.next_frame() {
                seen.push(frame.map(|frame| frame.data.to_owned()));
            }
        }
        assert_eq!(
            seen,
            [
                Ok("1\n2".to_owned()),
                Err(DecodeError::EventTooLarge { limit: 8 })
            ],
            "pieces of {size}"
        );
    }
}

#[test]
fn does_not_buffer_a_long_comment() {
    let mut decoder = Decoder::new();
    decoder.feed(": ".into());
    for _ in 0..64 {
        decoder.feed(Bytes::from_static(&[b'x'; 1024]));
        assert!(decoder.next_frame().is_none());
    }
    assert!(decoder.unfinished.len() <= 1024);
}

#[test]
fn drops_a_chunk_once_it_is_read() {
    let chunk = Bytes::from(b"data: a\n\nid: 1\ndata: b\nda".to_vec());
    let (frames, mut decoder) = decode(Decoder::new(), [chunk.clone()]);
    assert_eq!(frames.len(), 1);
    assert!(chunk.is_unique());
    decoder.feed("ta: c\n\n".into());
    assert_eq!(decoder.next_frame().unwrap().unwrap().data, "b\nc");
}

#[test]
fn frees_the_memory_of_a_large_event() {
    let body = [
        b"data: ".as_slice(),
        &vec![b'x'; 1 << 20],
        b"\n\ndata: y\n\n",
    ]
    .concat();
    let (frames, decoder) = decode(Decoder::new(), pieces(&body, 1460));
    assert_eq!(frames.len(), 2);
    assert!(decoder.data.buffer.capacity() <= KEPT_CAPACITY);
    assert!(decoder.unfinished.capacity() <= KEPT_CAPACITY);
}

#[test]
fn frees_the_memory_of_a_large_type_and_id() {
    let long = "x".repeat(1 << 20);
    for end in ["data: a\n\n", "\n"] {
        let body = format!("event: {long}\nid: {long}\n{end}id: 2\ndata: b\n\ndata: c\n\n");
        let (_, decoder) = decode(Decoder::new(), pieces(body.as_bytes(), 1460));
        assert_eq!(decoder.last_event_id(), "2");
        for text in [&decoder.event, &decoder.id, &decoder.last_event_id] {
            assert!(text.capacity() <= KEPT_CAPACITY, "{end:?}");
        }
    }
}

#[test]
fn reads_an_8_mib_line_in_small_chunks() {
    let body = [b"data: ".as_slice(), &vec![b'x'; 8 << 20], b"\n\n"].concat();
    let (frames, _) = decode(Decoder::new(), pieces(&body, 16));
    assert_eq!(frames[0].1.len(), 8 << 20);
}

#[test]
fn reports_comments_in_order_under_every_chunking() {
    let body = b":\n: one\ndata: a\n\n:two\r\n::  three\ndata: b\n\n: unfinished";
    for size in 1..=body.len() {
        let (sender, comments) = std::sync::mpsc::channel();
        let decoder = Decoder::new().on_comment(move |text| sender.send(text.to_owned()).unwrap());
        let (frames, _decoder) = decode(decoder, pieces(body, size));
        assert_eq!(frames.len(), 2);
        let comments: Vec<_> = comments.try_iter().collect();
        assert_eq!(
            comments,
            ["", "one", "two", ":  three"],
            "in pieces of {size}"
        );
    }
}

#[test]
fn truncates_a_comment_between_characters_under_every_chunking() {
    let long = "x".repeat(100);
    for (comment, kept) in [
        (format!(": {long}"), "x".repeat(16)),
        (format!(":{long}"), "x".repeat(16)),
        (format!("\u{feff}: {long}"), "x".repeat(16)),
        (
            ": 0123456789abcdef".to_owned(),
            "0123456789abcdef".to_owned(),
        ),
        (
            ": 0123456789abcdé".to_owned(),
            "0123456789abcd\u{e9}".to_owned(),
        ),
        (
            ": 0123456789abcdeé".to_owned(),
            "0123456789abcde".to_owned(),
        ),
        (": 0123456789abc😀".to_owned(), "0123456789abc".to_owned()),
    ] {
        let body = format!("{comment}\ndata: a\n\n");
        for size in 1..=body.len() {
            let (sender, comments) = std::sync::mpsc::channel();
            let decoder = Decoder::new()
                .max_event_size(16)
                .on_comment(move |text| sender.send(text.to_owned()).unwrap());
            let (frames, _decoder) = decode(decoder, pieces(body.as_bytes(), size));
            assert_eq!(frames.len(), 1);
            assert_eq!(
                comments.try_recv().as_deref(),
                Ok(&*kept),
                "in pieces of {size}"
            );
        }
    }
}

#[test]
fn reset_discards_input_and_keeps_id_and_retry() {
    let mut decoder = Decoder::new();
    decoder.feed("id: 7\nretry: 20\ndata: a\n\ndata: b\n\ndata: c".into());
    assert_eq!(decoder.next_frame().unwrap().unwrap().data, "a");
    decoder.reset();
    decoder.feed("data: d\n\n".into());
    let frame = decoder.next_frame().unwrap().unwrap();
    assert_eq!((frame.data, frame.id), ("d", "7"));
    assert_eq!(decoder.retry(), Some(Duration::from_millis(20)));
}

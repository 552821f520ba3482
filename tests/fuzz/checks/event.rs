use aod::models::event::StreamEvent;
use serde_json::Value;

/// Any text is parsed as an event, which serializes to text that is parsed as the same event.
pub fn event(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let event = StreamEvent::from_json(&text);
    let written = serde_json::to_string(&event).expect("every event is written");

    let mut again: StreamEvent = serde_json::from_str(&written).expect("what is written is JSON");
    assert_eq!(serde_json::to_string(&again).ok().as_ref(), Some(&written));
    if let (StreamEvent::Unknown(event), StreamEvent::Unknown(again)) = (&event, &mut again) {
        // Whitespace around an object is not kept, and text that is not valid JSON is written repaired.
        if serde_json::from_str::<Value>(&event.raw).is_ok() {
            assert_eq!(event.raw.trim(), again.raw.trim());
        }
        again.raw.clone_from(&event.raw);
    }
    assert_eq!(again, event);
    // The scanner of `output` events refuses a trailing space, so a JSON parser reads this text.
    if !matches!(event, StreamEvent::Unknown(_)) {
        assert_eq!(StreamEvent::from_json(&format!("{text} ")), event);
    }
    assert!(!event.is_terminal() || event.text().is_none());
}

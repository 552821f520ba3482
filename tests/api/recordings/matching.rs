//! Compares a recorded response with a live one: text literally; IDs, times and sandbox names by their identity.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

/// The mapping of recorded to live values, built from the responses in order.
#[derive(Default)]
pub(crate) struct Names {
    ids: HashMap<String, String>,
    times: HashMap<String, String>,
}

impl Names {
    /// Replaces the recorded IDs in a path or body by the live ones, in any format.
    pub(crate) fn translate(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (recorded, live) in &self.ids {
            let spellings: [fn(&str) -> String; 4] = [
                str::to_owned,
                str::to_uppercase,
                |id| id.replace('-', ""),
                |id| id.replace('-', "").to_uppercase(),
            ];
            for spell in spellings {
                text = text.replace(&spell(recorded), &spell(live));
            }
        }
        text
    }

    /// The live ID for a recorded one.
    pub(crate) fn live_id(&self, recorded: &str) -> Uuid {
        self.ids[recorded].parse().expect("ids are UUIDs")
    }

    /// Returns the first difference as a path and the two values.
    pub(crate) fn compare(&mut self, recorded: &Value, live: &Value) -> Result<(), String> {
        self.compare_at("", recorded, live)
    }

    fn compare_at(&mut self, at: &str, recorded: &Value, live: &Value) -> Result<(), String> {
        match (recorded, live) {
            (Value::Object(old), Value::Object(new)) => {
                let (old_keys, new_keys): (Vec<_>, Vec<_>) =
                    (old.keys().collect(), new.keys().collect());
                if old_keys != new_keys {
                    return Err(format!("{at}: keys {old_keys:?} became {new_keys:?}"));
                }
                old.iter().try_for_each(|(key, item)| {
                    self.compare_at(&format!("{at}/{key}"), item, &new[key])
                })
            }
            (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
                .iter()
                .zip(new)
                .enumerate()
                .try_for_each(|(index, (old, new))| {
                    self.compare_at(&format!("{at}/{index}"), old, new)
                }),
            (Value::String(old), Value::String(new)) => self.compare_text(at, old, new),
            _ if recorded == live => Ok(()),
            _ => Err(format!("{at}: {recorded} became {live}")),
        }
    }

    /// The same recorded ID or time must always have the same live one.
    fn compare_text(&mut self, at: &str, recorded: &str, live: &str) -> Result<(), String> {
        let known = if is_id(recorded) && is_id(live) {
            &mut self.ids
        } else if is_time(recorded) && is_time(live) {
            &mut self.times
        } else {
            let expected = without_sandbox_names(&self.translate(recorded));
            if expected == without_sandbox_names(live) {
                return Ok(());
            }
            return Err(format!("{at}: {expected:?} became {live:?}"));
        };
        let expected = known
            .entry(recorded.to_owned())
            .or_insert_with(|| live.to_owned());
        if expected == live {
            return Ok(());
        }
        Err(format!(
            "{at}: {recorded} was {expected} before and is {live} now"
        ))
    }

    /// Compares event streams, with row IDs numbered in order of appearance.
    pub(crate) fn compare_streams(&self, recorded: &str, live: &str) -> Result<(), String> {
        let expected = numbered(&self.translate(recorded));
        let live = numbered(live);
        if expected == live {
            return Ok(());
        }
        Err(format!("{expected:?} became {live:?}"))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && text.parse::<Uuid>().is_ok()
}

/// `2026-04-22T05:15:16.910301+00:00`, the fraction optional.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    matches!(
        shape.as_str(),
        "0000-00-00T00:00:00.000000+00:00" | "0000-00-00T00:00:00+00:00"
    )
}

/// Replaces `aod-` and twelve random hexadecimal digits by `aod-*`.
fn without_sandbox_names(text: &str) -> String {
    let mut parts = text.split("'aod-");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (name, rest) = part.split_at(digits);
        out.push_str("'aod-");
        out.push_str(if name.len() == 12 { "*" } else { name });
        out.push_str(rest);
    }
    out
}

/// Replaces row IDs in `id:` lines and in the JSON by numbers in order of first appearance.
fn numbered(stream: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut number = |id: &str| {
        let place = seen
            .iter()
            .position(|known| known == id)
            .unwrap_or_else(|| {
                seen.push(id.to_owned());
                seen.len() - 1
            });
        format!("#{place}")
    };
    let mut out = String::new();
    let mut rest = stream;
    while let Some((at, mark)) = ["id: ", "\"id\": "]
        .iter()
        .filter_map(|mark| rest.find(mark).map(|at| (at, *mark)))
        .min()
    {
        let (head, tail) = rest.split_at(at + mark.len());
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(head);
        out.push_str(&number(&tail[..digits]));
        rest = &tail[digits..];
    }
    out.push_str(rest);
    out
}

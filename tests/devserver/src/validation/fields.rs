//! The validation of fields as by the server's pydantic models: lax mode, error entries and their order.

use serde_json::{Map, Value, json};

use crate::{http::Refusal, python};

/// Whether a field is required, and whether it can be null.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Need {
    Required,
    Optional,
    Nullable,
}

/// Collects the errors of all fields of an object. Getters return `None` for an absent, null or invalid field.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    loc: Vec<Value>,
    errors: Vec<Value>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(object: &'a Map<String, Value>) -> Self {
        Self {
            object,
            loc: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn nested(object: &'a Map<String, Value>, loc: Vec<Value>) -> Self {
        Self {
            object,
            loc,
            errors: Vec::new(),
        }
    }

    /// Returns the collected errors as a 422, if there are any.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Errors(self.errors))
        }
    }

    pub(super) fn into_errors(self) -> Vec<Value> {
        self.errors
    }

    pub(super) fn absorb(&mut self, errors: Vec<Value>) {
        self.errors.extend(errors);
    }

    fn push(&mut self, kind: &str, path: &[Value], msg: &str, input: &Value) {
        let loc: Vec<_> = self.loc.iter().chain(path).cloned().collect();
        self.errors.push(json!({
            "type": kind,
            "loc": loc,
            "msg": msg,
            "input": input,
            "url": format!("https://errors.pydantic.dev/2.13/v/{kind}"),
        }));
    }

    pub(super) fn error(&mut self, kind: &str, field: &str, msg: &str, input: &Value) {
        self.push(kind, &[json!(field)], msg, input);
    }

    /// Adds an error of an item, which has an index instead of a field name.
    pub(super) fn error_at(&mut self, kind: &str, index: Value, msg: &str, input: &Value) {
        self.push(kind, &[index], msg, input);
    }

    /// Checks a required field with one allowed value.
    pub(super) fn literal(&mut self, field: &str, allowed: &str) {
        if let Some(value) = self.value(field, Need::Required)
            && value != allowed
        {
            let msg = format!("Input should be {}", python::repr_str(allowed));
            self.error("literal_error", field, &msg, value);
        }
    }

    /// Adds a `value_error` of a field.
    pub(super) fn rule(&mut self, field: &str, outcome: Result<(), String>) -> bool {
        if let Err(text) = outcome {
            let input = self.object.get(field).cloned().unwrap_or_default();
            self.push(
                "value_error",
                &[json!(field)],
                &format!("Value error, {text}"),
                &input,
            );
            return false;
        }
        true
    }

    /// Returns the value of the field, if there is one to check.
    fn value(&mut self, field: &str, need: Need) -> Option<&'a Value> {
        match self.object.get(field) {
            None if need == Need::Required => {
                let whole = Value::Object(self.object.clone());
                self.push("missing", &[json!(field)], "Field required", &whole);
                None
            }
            Some(Value::Null) if need == Need::Nullable => None,
            found => found,
        }
    }

    pub(super) fn string(&mut self, field: &str, need: Need, max: Option<usize>) -> Option<String> {
        let value = self.value(field, need)?;
        let Value::String(text) = value else {
            self.error(
                "string_type",
                field,
                "Input should be a valid string",
                value,
            );
            return None;
        };
        if let Some(max) = max
            && text.chars().count() > max
        {
            let msg = format!("String should have at most {max} characters");
            self.error("string_too_long", field, &msg, value);
            return None;
        }
        Some(text.clone())
    }

    pub(super) fn int(&mut self, field: &str, need: Need) -> Option<i64> {
        const TYPE: &str = "Input should be a valid integer";
        let value = self.value(field, need)?;
        match value {
            Value::Bool(flag) => Some(i64::from(*flag)),
            Value::Number(number) => {
                if let Some(whole) = number.as_i64() {
                    return Some(whole);
                }
                match number.as_f64() {
                    Some(float) if float.fract() == 0.0 => Some(saturate(float)),
                    _ => {
                        let msg = format!("{TYPE}, got a number with a fractional part");
                        self.error("int_from_float", field, &msg, value);
                        None
                    }
                }
            }
            Value::String(text) => {
                let whole = text
                    .split_once('.')
                    .map_or(text.as_str(), |(whole, zeros)| {
                        if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') {
                            whole
                        } else {
                            ""
                        }
                    });
                let parsed = python::int(whole);
                if parsed.is_none() {
                    let msg = format!("{TYPE}, unable to parse string as an integer");
                    self.error("int_parsing", field, &msg, value);
                }
                parsed
            }
            _ => {
                self.error("int_type", field, TYPE, value);
                None
            }
        }
    }

    pub(super) fn int_between(
        &mut self,
        field: &str,
        need: Need,
        min: i64,
        max: i64,
    ) -> Option<i64> {
        let number = self.int(field, need)?;
        let input = &self.object[field];
        if number < min {
            let msg = format!("Input should be greater than or equal to {min}");
            self.error("greater_than_equal", field, &msg, input);
            None
        } else if number > max {
            let msg = format!("Input should be less than or equal to {max}");
            self.error("less_than_equal", field, &msg, input);
            None
        } else {
            Some(number)
        }
    }

    pub(super) fn list(&mut self, field: &str, need: Need) -> Option<Vec<Value>> {
        match self.value(field, need)? {
            Value::Array(items) => Some(items.clone()),
            other => {
                self.error("list_type", field, "Input should be a valid list", other);
                None
            }
        }
    }

    pub(super) fn dict(&mut self, field: &str, need: Need) -> Option<Map<String, Value>> {
        match self.value(field, need)? {
            Value::Object(map) => Some(map.clone()),
            other => {
                self.error(
                    "dict_type",
                    field,
                    "Input should be a valid dictionary",
                    other,
                );
                None
            }
        }
    }

    /// Returns an object of strings.
    pub(super) fn string_dict(&mut self, field: &str, need: Need) -> Option<Map<String, Value>> {
        let map = self.dict(field, need)?;
        let before = self.errors.len();
        for (key, item) in &map {
            if !item.is_string() {
                let path = [json!(field), json!(key)];
                self.push("string_type", &path, "Input should be a valid string", item);
            }
        }
        (self.errors.len() == before).then_some(map)
    }

    /// Returns an object of lists of strings.
    pub(super) fn string_lists(&mut self, field: &str, need: Need) -> Option<Map<String, Value>> {
        let map = self.dict(field, need)?;
        let before = self.errors.len();
        for (key, list) in &map {
            let Value::Array(items) = list else {
                let path = [json!(field), json!(key)];
                self.push("list_type", &path, "Input should be a valid list", list);
                continue;
            };
            for (index, item) in items.iter().enumerate() {
                if !item.is_string() {
                    let path = [json!(field), json!(key), json!(index)];
                    self.push("string_type", &path, "Input should be a valid string", item);
                }
            }
        }
        (self.errors.len() == before).then_some(map)
    }
}

/// Converts a float without a fraction to an integer. Beyond 64 bits it saturates.
#[expect(
    clippy::cast_possible_truncation,
    reason = "saturating is what is wanted"
)]
fn saturate(float: f64) -> i64 {
    float as i64
}

//! Validation of requests before they are sent, limited to rules that every server enforces. Messages contain the field
//! and the rule, but never the value.

use crate::error::{Detail, Error, ErrorKind, FieldError, LocationPart, Result};

/// A request body that can be validated.
pub(crate) trait Validate {
    fn validate(&self, problems: &mut Problems);
}

/// The violated rules, one for each field.
#[derive(Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    pub(super) fn require(&mut self, holds: bool, field: impl IntoLocation, rule: &str) {
        if !holds {
            self.0.push(FieldError::new(
                "invalid_request",
                field.into_location(),
                rule,
            ));
        }
    }
}

/// The location of a field: `"name"`, or `("skills", 3, "name")`.
pub(super) trait IntoLocation {
    fn into_location(self) -> Vec<LocationPart>;
}

impl IntoLocation for &str {
    fn into_location(self) -> Vec<LocationPart> {
        vec![self.into()]
    }
}

impl IntoLocation for (&str, usize) {
    fn into_location(self) -> Vec<LocationPart> {
        vec![self.0.into(), self.1.into()]
    }
}

impl IntoLocation for (&str, usize, &str) {
    fn into_location(self) -> Vec<LocationPart> {
        vec![self.0.into(), self.1.into(), self.2.into()]
    }
}

/// Returns an error for a request that every server would reject.
pub(crate) fn check(request: &impl Validate) -> Result<()> {
    let mut problems = Problems::default();
    request.validate(&mut problems);
    if problems.0.is_empty() {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::InvalidRequest, "the request is not valid")
            .with_detail(Some(Detail::Fields(problems.0))),
    )
}

/// Returns whether a text has at most `longest` characters: the server counts characters, not bytes.
pub(super) fn fits(text: &str, longest: usize) -> bool {
    text.len() <= longest || text.chars().count() <= longest
}

/// Returns the paths of the invalid fields of a request, for the tests of the models.
#[cfg(test)]
pub(super) fn invalid_paths(request: &impl Validate) -> Vec<String> {
    let mut problems = Problems::default();
    request.validate(&mut problems);
    problems.0.iter().map(FieldError::path).collect()
}

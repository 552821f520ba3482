use super::{ErrorInfo, ErrorKind};

#[test]
fn every_kind_has_a_unique_name() {
    let mut names: Vec<_> = ErrorKind::all().map(ErrorKind::as_str).collect();
    assert_eq!(names.len(), aod::ErrorKind::ALL.len() + 4);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), aod::ErrorKind::ALL.len() + 4);
}

#[test]
fn the_text_names_the_causes() {
    // No server listens on port 1.
    let runtime = crate::testing::runtime();
    let error = crate::testing::block_on(crate::call::run(runtime, async {
        let client = aod::Client::builder()
            .base_url("http://127.0.0.1:1")
            .token("secret-token")
            .build()?;
        let client = client.with_options(aod::Options::new().max_retries(0));
        Ok(client.health().await?)
    }))
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Core(aod::ErrorKind::Connection));
    let source = error.source.clone().unwrap();
    assert!(error.text.starts_with(&format!("{source}: ")), "{error}");
    assert!(error.text.contains("refused"), "{error}");
    assert_eq!(error.to_string(), error.text);
    assert!(!format!("{error:?}").contains("secret-token"));
}

#[test]
fn an_error_of_the_bindings_has_no_source() {
    let error = ErrorInfo::configuration("a setting is malformed");
    assert_eq!(error.kind.as_str(), "configuration");
    assert!(error.source.is_none());
}

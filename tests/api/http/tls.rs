//! HTTPS with generated certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aod::ErrorKind;
use aod_test_support::{Exchange, FakeServer};
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::{AGENTS, builder, in_process_with};

/// A certificate authority, and a server at `https://localhost` with a certificate from it.
struct World {
    authority: CertifiedIssuer<'static, KeyPair>,
    url: String,
    _server: FakeServer,
}

impl World {
    async fn start(asks_for_client: bool) -> Self {
        let authority = authority();
        let acceptor = acceptor(&authority, asks_for_client, &["http/1.1"]);
        let server = FakeServer::start(1, move |_, socket| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(stream) = acceptor.accept(socket).await else {
                    return;
                };
                if let Some(exchange) = Exchange::accept(stream).await {
                    exchange.respond_json(200, AGENTS).await;
                }
            }
        })
        .await;
        Self {
            authority,
            url: url(&server),
            _server: server,
        }
    }
}

pub(crate) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// TLS for `localhost` with a certificate from the authority, for these versions of HTTP.
pub(crate) fn acceptor(
    authority: &CertifiedIssuer<'static, KeyPair>,
    asks_for_client: bool,
    protocols: &[&str],
) -> TlsAcceptor {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if asks_for_client {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
            .build()
            .unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let (certificate, key) = issue(authority);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = builder
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    TlsAcceptor::from(Arc::new(config))
}

/// The URL of a server with a certificate for `localhost`.
pub(crate) fn url(server: &FakeServer) -> String {
    format!("https://localhost:{}", server.address().port())
}

fn issue(authority: &CertifiedIssuer<'static, KeyPair>) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

#[tokio::test]
async fn a_custom_certificate_authority_is_trusted() {
    let world = World::start(false).await;
    let client = builder(&world.url)
        .ca_certificate(world.authority.pem())
        .https_only(true)
        .build()
        .unwrap();
    client.agents().list().await.unwrap();
}

#[tokio::test]
async fn an_unknown_certificate_authority_is_refused_without_retries() {
    let world = World::start(false).await;
    let error = builder(&world.url)
        .build()
        .unwrap()
        .agents()
        .list()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1));
    assert!(!error.is_retryable() && error.is_unsent());
}

#[tokio::test]
async fn a_client_certificate_is_sent_on_request() {
    let world = World::start(true).await;
    let (certificate, key) = issue(&world.authority);
    let identity = format!("{}{}", certificate.pem(), key.serialize_pem());
    let trusting = || builder(&world.url).ca_certificate(world.authority.pem());
    trusting()
        .client_certificate(identity)
        .build()
        .unwrap()
        .agents()
        .list()
        .await
        .unwrap();
    let error = trusting()
        .build()
        .unwrap()
        .agents()
        .list()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
}

/// A new empty folder of one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "{}-{}",
        name.replace("::", "-"),
        std::process::id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// In such a process: prints the log, and the outcome of one call.
#[expect(clippy::print_stdout, reason = "the other process reads it")]
async fn list_agents(url: &str) {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    let mut builder = builder(url);
    if let Ok(path) = std::env::var("AOD_TEST_CA") {
        builder = builder.ca_certificate(std::fs::read(path).unwrap());
    }
    let outcome = builder.build().unwrap().agents().list().await;
    println!(
        "outcome: {:?}",
        outcome.map(drop).map_err(|error| error.kind())
    );
}

#[tokio::test]
async fn the_environment_selects_the_certificates_of_the_system() {
    if let Ok(url) = std::env::var("AOD_TEST_URL") {
        return list_agents(&url).await;
    }
    let name = "tls::the_environment_selects_the_certificates_of_the_system";
    let folder = folder(name);
    // Named as OpenSSL names the files of a folder of certificates.
    let file = folder.join("0a1b2c3d.0");
    for (variable, value) in [("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &folder)] {
        let world = World::start(false).await;
        std::fs::write(&file, world.authority.pem()).unwrap();
        let variables = [
            ("AOD_TEST_URL", world.url.as_ref()),
            (variable, value.as_path()),
        ];
        let printed = in_process_with(name, &variables).await;
        assert!(printed.contains("outcome: Ok(())"), "{printed}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_bundled_certificates_are_used_if_the_system_has_no_certificates() {
    if let Ok(url) = std::env::var("AOD_TEST_URL") {
        return list_agents(&url).await;
    }
    let name = "tls::the_bundled_certificates_are_used_if_the_system_has_no_certificates";
    let (none, own) = (folder(name), folder(&format!("{name}-own")));
    let own = own.join("ca.pem");
    for (is_trusted, outcome) in [(false, "Err(Connection)"), (true, "Ok(())")] {
        let world = World::start(false).await;
        std::fs::write(&own, world.authority.pem()).unwrap();
        let mut variables = vec![
            ("AOD_TEST_URL", world.url.as_ref()),
            ("SSL_CERT_DIR", none.as_path()),
        ];
        if is_trusted {
            variables.push(("AOD_TEST_CA", &own));
        }
        let printed = in_process_with(name, &variables).await;
        assert!(
            printed.contains(&format!("outcome: {outcome}")),
            "{printed}"
        );
        assert_eq!(
            printed.matches("using the bundled ones").count(),
            1,
            "{printed}"
        );
    }
    std::fs::remove_dir_all(none).unwrap();
    std::fs::remove_dir_all(own.parent().unwrap()).unwrap();
}

//! TLS: rustls with ring, the platform's certificate verifier, and the certificates of the caller.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
#[cfg(not(target_os = "android"))]
use rustls_platform_verifier::Verifier;

use crate::error::{Error, ErrorKind, Result};

/// The parsed certificates of the caller.
#[derive(Default)]
pub(crate) struct TlsMaterial {
    roots: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl TlsMaterial {
    /// Adds the certificates of a PEM text as trusted roots.
    pub(crate) fn add_roots(&mut self, pem: &[u8]) -> Result<()> {
        self.roots.extend(certificates(pem, "the CA certificate")?);
        Ok(())
    }

    /// Sets the client certificate chain and private key from a PEM text.
    pub(crate) fn set_identity(&mut self, pem: &[u8]) -> Result<()> {
        let chain = certificates(pem, "the client certificate")?;
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| configuration("the client certificate's private key is not valid PEM"))?;
        self.identity = Some((chain, key));
        Ok(())
    }

    /// Builds the configuration for connections. `required` is whether trusted roots are required: plain HTTP works on
    /// a machine without any.
    pub(crate) fn into_config(self, required: bool) -> Result<ClientConfig> {
        let verified = with_platform_roots(self.roots, required)?;
        match self.identity {
            None => Ok(verified.with_no_client_auth()),
            Some((chain, key)) => verified.with_client_auth_cert(chain, key).map_err(|error| {
                configuration("the client certificate cannot be used").with_source(error)
            }),
        }
    }
}

type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

#[cfg(not(target_os = "android"))]
fn with_platform_roots(extra: Vec<CertificateDer<'static>>, required: bool) -> Result<Verified> {
    let builder = builder()?;
    // With an extra certificate, the verifier does not fail where the system has none: without the bundled ones, only
    // servers of that authority could be reached.
    let system = if extra.is_empty() {
        Ok(())
    } else {
        Verifier::new(provider()).map(drop)
    };
    let verifier = system.and_then(|()| Verifier::new_with_extra_roots(extra.clone(), provider()));
    match verifier {
        Ok(verifier) => Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))),
        Err(_) if !required => {
            with_bundled_roots(extra).or_else(|_| with_bundled_roots(Vec::new()))
        }
        // As in slim containers.
        Err(error) => {
            tracing::info!(%error, "the system has no trusted certificates: using the bundled ones");
            with_bundled_roots(extra)
        }
    }
}

/// Uses the bundled Mozilla roots on Android, because the platform's verifier panics unless it is initialized with a
/// JVM.
#[cfg(target_os = "android")]
fn with_platform_roots(extra: Vec<CertificateDer<'static>>, _required: bool) -> Result<Verified> {
    with_bundled_roots(extra)
}

/// Uses the bundled Mozilla roots.
fn with_bundled_roots(extra: Vec<CertificateDer<'static>>) -> Result<Verified> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in extra {
        roots.add(root).map_err(|error| {
            configuration("the CA certificate cannot be used").with_source(error)
        })?;
    }
    Ok(builder()?.with_root_certificates(roots))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| configuration("no TLS version is usable").with_source(error))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>> {
    let parsed: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match parsed {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(configuration(format!("{what} is not valid PEM"))),
    }
}

fn configuration(summary: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration, summary)
}

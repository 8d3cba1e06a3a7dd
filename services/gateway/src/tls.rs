//! TLS of the public port.

use std::sync::Arc;

use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsSettings;

/// Reads certificate and key; the port then speaks HTTP/2 over TLS alone.
pub(crate) fn acceptor(settings: &TlsSettings) -> anyhow::Result<TlsAcceptor> {
    let file = settings.certificate.display();
    let chain = CertificateDer::pem_file_iter(&settings.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("tls.certificate: {file}"))?;
    let key = PrivateKeyDer::from_pem_file(&settings.key)
        .with_context(|| format!("tls.key: {}", settings.key.display()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("tls.certificate and tls.key do not fit together")?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

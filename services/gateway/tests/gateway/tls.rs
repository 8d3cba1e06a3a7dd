//! The public port over TLS.

use canopy_gateway::config::TlsSettings;
use canopy_proto::registry::v1::feed_service_client::FeedServiceClient;
use tempfile::TempDir;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::support::{Suite, head};

#[tokio::test]
async fn a_call_over_tls_reaches_its_service_and_one_without_does_not() {
    let folder = TempDir::new().unwrap();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let settings =
        TlsSettings { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&settings.certificate, own.cert.pem()).unwrap();
    std::fs::write(&settings.key, own.signing_key.serialize_pem()).unwrap();
    let suite = Suite::with(|config, _| config.tls = Some(settings)).await;

    let trust =
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(own.cert.pem())).domain_name("localhost");
    let address = suite.address.replace("http://", "https://");
    let channel = Endpoint::from_shared(address).unwrap().tls_config(trust).unwrap().connect_lazy();
    let answer = FeedServiceClient::new(channel).get_feed_head(head(&suite.token())).await.unwrap();
    assert_eq!(answer.get_ref().position, 7);
    suite.head(head(&suite.token())).await.unwrap_err();
}

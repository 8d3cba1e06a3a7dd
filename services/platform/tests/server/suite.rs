//! A running server with its keys, and clients that call it as somebody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Actor, Clock, Role};
use canopy_platform::assertion::PublicKey;
use canopy_platform::metadata::ASSERTION;
use canopy_platform::{Call, MethodTable, Server, ServerSettings, SigningIdentity, generate_key};
use canopy_proto::registry::v1::feed_service_client::FeedServiceClient;
use canopy_proto::registry::v1::feed_service_server::FeedServiceServer;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Channel;

use crate::feed::{self, Feed};

/// Longer than anything here takes; a test that waits as long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Suite {
    pub address: SocketAddr,
    pub gateway: SigningIdentity,
    pub subsidy: SigningIdentity,
    pub calls: mpsc::UnboundedReceiver<Call>,
    pub release: Arc<Notify>,
    pub ready: watch::Sender<bool>,
    pub stop: oneshot::Sender<()>,
    pub served: JoinHandle<anyhow::Result<()>>,
}

pub fn identity(name: &str) -> SigningIdentity {
    let (pem, _) = generate_key().unwrap();
    SigningIdentity::from_bytes(name, pem.as_bytes()).unwrap()
}

pub fn key_of(identity: &SigningIdentity) -> PublicKey {
    identity.public_key()
}

pub fn actor(role: Role) -> Actor {
    Actor {
        issuer: "gateway".to_owned(),
        agency: "wuhan-st".to_owned(),
        system: "back-office".to_owned(),
        person: Some("zhang".to_owned()),
        assurance: "high".to_owned(),
        represented: None,
        roles: [role].into(),
        purpose: None,
    }
}

impl Suite {
    /// A server called `registry` with those settings changed.
    pub async fn start(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let (gateway, subsidy) = (identity("gateway"), identity("subsidy"));
        let mut settings = ServerSettings::default();
        settings.identity.name = "registry".to_owned();
        for issuer in [&gateway, &subsidy] {
            settings.identity.accept.insert(issuer.name().to_owned(), issuer.public_key().to_base64());
        }
        change(&mut settings);
        let (sender, calls) = mpsc::unbounded_channel();
        let release = Arc::new(Notify::new());
        let (ready, readiness) = watch::channel(true);
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let feed = FeedServiceServer::new(Feed { calls: sender, release: release.clone() });
        let server = Server::new(&settings, MethodTable::of_suite().unwrap(), &[feed::NAME])
            .unwrap()
            .routes(Routes::new(feed))
            .readiness(readiness);
        let served = tokio::spawn(server.serve(listener, async move {
            let _ = stopped.await;
        }));
        Self { address, gateway, subsidy, calls, release, ready, stop, served }
    }

    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(self.uri()).unwrap().connect().await.unwrap()
    }

    pub async fn client(&self) -> FeedServiceClient<Channel> {
        FeedServiceClient::new(self.channel().await)
    }

    /// What the gateway says about a caller of that role, now.
    pub fn assertion(&self, role: Role) -> String {
        self.gateway.issue(&actor(role), "registry", None, Clock::System.now()).unwrap()
    }

    /// The message, sent through the gateway by an operator.
    pub fn request<M>(&self, message: M) -> tonic::Request<M> {
        asserted(message, &self.assertion(Role::Operator))
    }

    pub fn request_at<M>(&self, message: M, business_time: Timestamp) -> tonic::Request<M> {
        let actor = actor(Role::Operator);
        let token = self.gateway.issue(&actor, "registry", Some(business_time), Clock::System.now()).unwrap();
        asserted(message, &token)
    }

    /// The next call that a handler was given.
    pub async fn called(&mut self) -> Call {
        tokio::time::timeout(PATIENCE, self.calls.recv()).await.unwrap().unwrap()
    }
}

pub fn asserted<M>(message: M, token: &str) -> tonic::Request<M> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert(ASSERTION, token.parse().unwrap());
    request
}

//! A gateway with a service behind it, and tokens for it.

mod service;
mod token;

use std::collections::BTreeMap;
use std::time::Duration;

use canopy_gateway::Config;
use canopy_kernel::{Failure, Reason};
use canopy_platform::{AcceptedIssuers, SigningIdentity, generate_key};
use canopy_proto::common::v1::{GetFeedHeadRequest, ListEventsRequest, SubscribeRequest};
use canopy_proto::registry::v1::feed_service_client::FeedServiceClient;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

pub use service::{Event, Seen, Service, own_runtime, refusal as service_refusal};
pub use token::{Claims, Issuer};

/// Package whose services stand behind the gateway.
pub const PACKAGE: &str = "canopy.registry.v1";

/// Longest that a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway that serves, the service behind it and the issuer it trusts.
pub struct Suite {
    pub service: Service,
    pub issuer: Issuer,
    pub address: String,
    pub assertions: AcceptedIssuers,
    stop: Option<oneshot::Sender<()>>,
    gateway: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
}

impl Suite {
    /// A production suite.
    pub async fn start() -> Self {
        Self::with(|_, _| {}).await
    }

    /// A suite for try-outs.
    pub async fn tryout() -> Self {
        Self::with(|config, _| config.server.tryout = true).await
    }

    /// A suite whose gateway is configured as the test wants.
    pub async fn with(configure: impl FnOnce(&mut Config, &Issuer)) -> Self {
        let service = Service::start().await;
        let issuer = Issuer::new("https://id.example");
        let folder = TempDir::new().unwrap();
        let (private, public) = generate_key().unwrap();
        let key_file = folder.path().join("gateway.pem");
        std::fs::write(&key_file, private).unwrap();
        let mut config = Config::default();
        config.server.identity.name = "gateway".to_owned();
        config.server.identity.key_file = key_file.clone();
        config.server.drain_seconds = 5;
        config.routes.insert(PACKAGE.to_owned(), service.uri());
        config.tokens.issuers.insert(issuer.name.clone(), BTreeMap::from([issuer.key()]));
        configure(&mut config, &issuer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let gateway = tokio::spawn(canopy_gateway::run(config, listener, shutdown));
        let name = SigningIdentity::from_file("gateway", &key_file).unwrap().name().to_owned();
        let public = canopy_platform::assertion::PublicKey::parse(&public).unwrap();
        let assertions = AcceptedIssuers::new([(name, public)]);
        Self { service, issuer, address, assertions, stop: Some(stop), gateway, _folder: folder }
    }

    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(self.address.clone()).unwrap().connect_lazy()
    }

    pub fn feed(&self) -> FeedServiceClient<Channel> {
        FeedServiceClient::new(self.channel())
    }

    pub fn qualifications(&self) -> QualificationServiceClient<Channel> {
        QualificationServiceClient::new(self.channel())
    }

    /// A token of an operator of the data bureau.
    pub fn token(&self) -> String {
        self.issuer.sign(&Claims::default())
    }

    /// Asks for the feed's head with whatever metadata the request has.
    pub async fn head(&self, request: Request<GetFeedHeadRequest>) -> Result<Seen, Status> {
        self.feed().get_feed_head(request).await?;
        Ok(self.service.seen())
    }

    /// The reason for which that call is refused.
    pub async fn refusal(&self, request: Request<GetFeedHeadRequest>) -> Failure {
        let status = self.head(request).await.unwrap_err();
        canopy_platform::from_status(&status)
    }

    /// Tells the gateway to stop.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has.
    pub async fn stopped(self) {
        tokio::time::timeout(PATIENCE, self.gateway).await.expect("the gateway stops").unwrap().unwrap();
    }
}

/// The message with that token.
pub fn with_token<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// Asks for the feed's head.
pub fn head(token: &str) -> Request<GetFeedHeadRequest> {
    with_token(token, GetFeedHeadRequest { flush: false })
}

/// Asks the service to do as told, in a unary call.
pub fn unary(token: &str, told: &str) -> Request<ListEventsRequest> {
    with_token(token, ListEventsRequest { epoch: told.to_owned(), ..Default::default() })
}

/// Asks the service to do as told, with a stream of so many messages.
pub fn stream(token: &str, told: &str, messages: i64) -> Request<SubscribeRequest> {
    with_token(
        token,
        SubscribeRequest { after_position: messages, epoch: told.to_owned(), ..Default::default() },
    )
}

/// The reason of a refusal.
pub fn reason_of(status: &Status) -> &'static Reason {
    canopy_platform::from_status(status).reason()
}

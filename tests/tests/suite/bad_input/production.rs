//! A production suite: the registry and the gateway as processes of their own, at the system clock alone.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use canopy_kernel::{Actor, Clock, Role};
use canopy_persistence::testing::{self, Contents, TestDatabase};
use canopy_platform::metadata::{ASSERTION, AUTHORIZATION, BUSINESS_TIME};
use canopy_platform::{SigningIdentity, generate_key};
use canopy_proto::common::v1::AdvanceToRequest;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::operations_service_client::OperationsServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use canopy_tests::installation::program_named;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};

use super::refusal;
use super::world::{FIRM, id};

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
const ISSUER: &str = "https://id.example";

/// The processes, the keys of those who speak to them, and the database.
pub struct Production {
    /// Signs assertions, as the gateway does.
    pub gateway_key: SigningIdentity,
    /// The registry, straight.
    pub registry: Channel,
    gateway: Channel,
    issuer: String,
    database: TestDatabase,
    pool: PgPool,
    processes: [Child; 2],
}

impl Production {
    pub async fn start() -> Self {
        let database = TestDatabase::new("registry", &canopy_registry::MIGRATOR).await.unwrap();
        let folder = database.folder().to_owned();
        let key = |name: &str| {
            let (private, public) = generate_key().unwrap();
            std::fs::write(folder.join(format!("{name}.pem")), &private).unwrap();
            (private, public)
        };
        let ((gateway_key, accepted), _) = (key("gateway"), key("registry"));
        let (issuer, known) = generate_key().unwrap();
        let [registry, gateway] = [free_port().await, free_port().await];
        let (path, settings) = (folder.display(), &database.settings);
        let of_registry = format!(
            "[server]\nlisten = \"{registry}\"\n\
             [server.identity]\nname = \"registry\"\nkey_file = \"{path}/registry.pem\"\n\
             [server.identity.accept]\ngateway = \"{accepted}\"\n\
             [database]\nurl = \"{}\"\ncrypt_folder = \"{}\"\nlog_key_file = \"{}\"\n",
            settings.url,
            settings.crypt_folder.display(),
            settings.log_key_file.display(),
        );
        let of_gateway = format!(
            "[server]\nlisten = \"{gateway}\"\n\
             [server.identity]\nname = \"gateway\"\nkey_file = \"{path}/gateway.pem\"\n\
             [routes]\n\"canopy.registry.v1\" = \"http://{registry}\"\n\
             [tokens.issuers.\"{ISSUER}\"]\nk1 = \"{known}\"\n",
        );
        let processes =
            [serve("canopy-registry", &folder, &of_registry), serve("canopy-gateway", &folder, &of_gateway)];
        let pool = PgPool::connect(&database.settings.url).await.unwrap();
        let channel = |address| Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        let production = Self {
            gateway_key: SigningIdentity::from_bytes("gateway", gateway_key.as_bytes()).unwrap(),
            registry: channel(registry),
            gateway: channel(gateway),
            issuer,
            database,
            pool,
            processes,
        };
        production.ready().await;
        production
    }

    /// Waits until a call goes all the way.
    async fn ready(&self) {
        let mut auditor = SubjectServiceClient::new(self.gateway.clone());
        let asking = async {
            loop {
                match auditor.get_subject(self.by(subject(), "")).await.unwrap_err() {
                    status if status.code() == Code::NotFound => return,
                    status => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.expect("the processes do not serve");
    }

    /// A request by a person who may set the time, at an instant (empty = now).
    fn by<T>(&self, message: T, at: &str) -> Request<T> {
        let now = Clock::System.now().as_second();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("k1".to_owned());
        let claims = json!({
            "iss": ISSUER, "aud": "canopy", "iat": now, "exp": now + 600, "agency": "bureau", "system": "portal",
            "sub": "zhao", "assurance": "high", "roles": ["AUDITOR", "OPERATOR"], "may_set_time": true,
        });
        let key = EncodingKey::from_ed_pem(self.issuer.as_bytes()).unwrap();
        let token = encode(&header, &claims, &key).unwrap();
        let mut request = Request::new(message);
        request.metadata_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        if !at.is_empty() {
            request.metadata_mut().insert(BUSINESS_TIME, at.parse().unwrap());
        }
        request
    }

    /// What stands in every table of the registry.
    pub async fn tables(&self) -> Contents {
        testing::contents(&self.pool).await.unwrap()
    }

    pub async fn stop(self) {
        drop(self.processes);
        self.pool.close().await;
        self.database.close().await.unwrap();
    }
}

/// A port that is free now; the process binds it next.
async fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Starts a program of the suite on that configuration. It ends with the value.
fn serve(program: &str, folder: &Path, config: &str) -> Child {
    let file = folder.join(format!("{program}.toml"));
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program_named(program));
    command.args(["serve", "--config"]).arg(file).stdin(Stdio::null()).kill_on_drop(true);
    command.spawn().unwrap()
}

pub fn subject() -> pb::GetSubjectRequest {
    pb::GetSubjectRequest { name: FIRM.to_owned(), as_of: String::new() }
}

/// A named auditor, as the gateway introduces them.
pub fn auditor() -> Actor {
    Actor {
        issuer: "gateway".to_owned(),
        agency: "bureau".to_owned(),
        system: "portal".to_owned(),
        person: Some("zhao".to_owned()),
        assurance: "high".to_owned(),
        represented: None,
        roles: [Role::Auditor].into(),
        purpose: None,
    }
}

#[tokio::test]
async fn a_production_suite_takes_no_business_time_and_opens_no_day() {
    let production = Production::start().await;
    let before = production.tables().await;
    let noon = "2022-09-22T12:00:00+08:00";
    let refused = (Code::FailedPrecondition, "BUSINESS_TIME_REFUSED", "");
    let mut callers = SubjectServiceClient::new(production.gateway.clone());
    let status = callers.get_subject(production.by(subject(), noon)).await.unwrap_err();
    refusal::says(&refusal::of(&status), refused);

    // Nor does the service take it from a gateway that would.
    let (key, now) = (&production.gateway_key, Clock::System.now());
    let assertion = key.issue(&auditor(), "registry", Some(noon.parse().unwrap()), now).unwrap();
    let mut request = Request::new(subject());
    request.metadata_mut().insert(ASSERTION, assertion.parse().unwrap());
    let mut straight = SubjectServiceClient::new(production.registry.clone());
    let status = straight.get_subject(request).await.unwrap_err();
    refusal::says(&refusal::of(&status), refused);

    let advance = AdvanceToRequest { request_id: id(), day: "2022-09-22".to_owned() };
    let mut operations = OperationsServiceClient::new(production.gateway.clone());
    let status = operations.advance_to(production.by(advance, "")).await.unwrap_err();
    refusal::says(&refusal::of(&status), (Code::FailedPrecondition, "NOT_A_TRYOUT_SUITE", ""));
    assert_eq!(production.tables().await, before);
    production.stop().await;
}

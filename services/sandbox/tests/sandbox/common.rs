//! The bank behind its real gRPC server, and those who call it: the payer (subsidy) and an operator who comes
//! through the gateway.

use std::path::Path;
use std::time::Duration;

use canopy_kernel::{Actor, Clock, Failure, Role};
use canopy_platform::{Call, Peer, ServerSettings, SigningIdentity, generate_key, metadata};
use canopy_proto::sandbox::v1 as sandbox;
use canopy_proto::sandbox::v1::sandbox_bank_service_client::SandboxBankServiceClient;
use canopy_proto::treasury::v1 as treasury;
use canopy_proto::treasury::v1::treasury_service_client::TreasuryServiceClient;
use canopy_sandbox::bank;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Request;

pub const ACCOUNT: &str = "6222021234567890123";
pub const PAYEE_NAME: &str = "武汉甲乙丙科技有限公司";
pub const PAYEE: &str = "91420111MA4KPR3D8L";

/// Keys of those who may call.
pub struct Keys {
    pub subsidy: SigningIdentity,
    pub gateway: SigningIdentity,
}

impl Keys {
    pub fn new() -> Self {
        Self { subsidy: identity("subsidy"), gateway: identity("gateway") }
    }

    /// Public keys by issuer, as the bank's configuration has them.
    pub fn accepted(&self) -> impl Iterator<Item = (String, String)> {
        let base64 =
            |identity: &SigningIdentity| (identity.name().to_owned(), identity.public_key().to_base64());
        [base64(&self.subsidy), base64(&self.gateway)].into_iter()
    }
}

pub fn identity(name: &str) -> SigningIdentity {
    SigningIdentity::from_bytes(name, generate_key().unwrap().0.as_bytes()).unwrap()
}

/// A bank in this process, on a folder of its own.
pub struct Bank {
    pub keys: Keys,
    pub address: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<anyhow::Result<()>>,
}

impl Bank {
    pub async fn open(folder: &Path) -> Self {
        Self::open_for(folder, Keys::new()).await
    }

    async fn open_for(folder: &Path, keys: Keys) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut server = ServerSettings { tryout: true, drain_seconds: 1, ..ServerSettings::default() };
        server.identity.accept = keys.accepted().collect();
        let config = bank::Config { server, data: folder.to_owned() };
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(bank::run(config, listener, async move {
            if stopped.await.is_err() {
                // The test has let go of the bank and goes on calling it.
                std::future::pending::<()>().await;
            }
        }));
        Self { keys, address, stop, served }
    }

    /// Stops and opens it again on the same folder.
    pub async fn reopen(self, folder: &Path) -> Self {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
        Self::open_for(folder, self.keys).await
    }

    pub fn payer(&self) -> Payer {
        Payer::new(&self.address, self.keys.subsidy.clone())
    }

    pub fn operator(&self) -> Operator {
        Operator { address: self.address.clone(), gateway: self.keys.gateway.clone() }
    }
}

/// The service that pays: calls as SYSTEM, at a business day.
#[derive(Clone)]
pub struct Payer {
    peer: Peer,
    at: Option<Timestamp>,
    patience: Duration,
}

type Answer<T> = Result<T, Failure>;

impl Payer {
    pub fn new(address: &str, identity: SigningIdentity) -> Self {
        let peer = Peer::new(&format!("http://{address}"), bank::NAME, identity, Clock::System).unwrap();
        Self { peer, at: None, patience: Duration::from_secs(20) }
    }

    /// The payer at noon of that day.
    pub fn on(&self, day: &str) -> Self {
        Self { at: Some(format!("{day}T12:00:00+08:00").parse().unwrap()), ..self.clone() }
    }

    /// The payer with little time to wait.
    pub fn impatient(&self) -> Self {
        Self { patience: Duration::from_millis(300), ..self.clone() }
    }

    pub async fn submit(
        &self,
        instructions: Vec<treasury::Instruction>,
    ) -> Answer<Vec<treasury::InstructionStatus>> {
        let request = self.request(treasury::SubmitRequest { instructions });
        self.told(self.client().submit(request).await).map(|answer| answer.statuses)
    }

    pub async fn submit_one(
        &self,
        instruction: treasury::Instruction,
    ) -> Answer<treasury::InstructionStatus> {
        Ok(self.submit(vec![instruction]).await?.remove(0))
    }

    pub async fn query(&self, ids: Vec<String>) -> Answer<Vec<treasury::InstructionStatus>> {
        let request = self.request(treasury::QueryRequest { instruction_ids: ids });
        self.told(self.client().query(request).await).map(|answer| answer.statuses)
    }

    pub async fn query_one(&self, id: &str) -> Answer<treasury::InstructionStatus> {
        Ok(self.query(vec![id.to_owned()]).await?.remove(0))
    }

    pub async fn page(
        &self,
        day: &str,
        after_entry: i64,
        page_size: i32,
    ) -> Answer<treasury::StatementResponse> {
        let request = self.request(treasury::StatementRequest { day: day.into(), after_entry, page_size });
        self.told(self.client().statement(request).await)
    }

    pub async fn statement(&self, day: &str) -> Answer<Vec<treasury::StatementEntry>> {
        Ok(self.page(day, 0, 0).await?.entries)
    }

    fn client(&self) -> TreasuryServiceClient<tonic::transport::Channel> {
        TreasuryServiceClient::new(self.peer.channel())
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let call = Call::internal("subsidy", "pay", self.at, Clock::System);
        let mut request = self.peer.request(&call, message).unwrap();
        request.set_timeout(self.patience);
        request
    }

    fn told<T>(&self, answer: Result<tonic::Response<T>, tonic::Status>) -> Answer<T> {
        answer.map(tonic::Response::into_inner).map_err(|status| self.peer.failure(status))
    }
}

/// An operator, as the gateway introduces them.
pub struct Operator {
    address: String,
    gateway: SigningIdentity,
}

impl Operator {
    pub async fn script(&self, purpose: &str, returned_on: &str) -> Answer<()> {
        self.script_as(&uuid::Uuid::now_v7().to_string(), purpose, returned_on).await
    }

    pub async fn script_as(&self, request_id: &str, purpose: &str, returned_on: &str) -> Answer<()> {
        let request = self.request(sandbox::ScriptReturnRequest {
            request_id: request_id.into(),
            payee_uscc: PAYEE.into(),
            purpose: purpose.into(),
            returned_on: returned_on.into(),
            reason: "账户已销户退票".into(),
        });
        told(self.client().await.script_return(request).await)
    }

    pub async fn misbehave(&self, misbehaviour: sandbox::Misbehaviour, calls: i32) -> Answer<()> {
        let request = self.request(sandbox::SetBehaviourRequest {
            request_id: uuid::Uuid::now_v7().to_string(),
            misbehaviour: misbehaviour.into(),
            calls,
        });
        told(self.client().await.set_behaviour(request).await)
    }

    /// Tries what only the suite's services may.
    pub async fn submit(&self, instruction: treasury::Instruction) -> Answer<()> {
        let mut client = TreasuryServiceClient::connect(format!("http://{}", self.address)).await.unwrap();
        let request = self.request(treasury::SubmitRequest { instructions: vec![instruction] });
        told(client.submit(request).await)
    }

    async fn client(&self) -> SandboxBankServiceClient<tonic::transport::Channel> {
        SandboxBankServiceClient::connect(format!("http://{}", self.address)).await.unwrap()
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let actor = Actor {
            issuer: String::new(),
            agency: "city".into(),
            system: "console".into(),
            person: Some("operator".into()),
            assurance: "high".into(),
            represented: None,
            roles: [Role::Operator].into(),
            purpose: None,
        };
        let assertion = self.gateway.issue(&actor, bank::NAME, None, Clock::System.now()).unwrap();
        let mut request = Request::new(message);
        request.metadata_mut().insert(metadata::ASSERTION, assertion.parse().unwrap());
        request
    }
}

fn told<T>(answer: Result<tonic::Response<T>, tonic::Status>) -> Answer<()> {
    answer.map(|_| ()).map_err(|status| canopy_platform::from_status(&status))
}

/// An instruction for the bounced payee, value date 2022-09-20.
pub fn instruction(id: &str) -> treasury::Instruction {
    treasury::Instruction {
        instruction_id: id.into(),
        end_to_end_id: format!("lin_{id}"),
        amount_fen: 5_000_000,
        payee_name: PAYEE_NAME.into(),
        payee_uscc: PAYEE.into(),
        payee_bank: "某银行武汉分行".into(),
        payee_account_no: ACCOUNT.into(),
        purpose: "HNTE".into(),
        value_date: "2022-09-20".into(),
    }
}

pub fn state(status: &treasury::InstructionStatus) -> &'static str {
    status.state().as_str_name().trim_start_matches("INSTRUCTION_STATE_")
}

pub fn reason<T: std::fmt::Debug>(answer: Answer<T>) -> &'static str {
    answer.unwrap_err().reason().name
}

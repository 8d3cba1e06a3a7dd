//! A running suite, those who call it through the gateway, and what stands in its databases.

use std::collections::BTreeMap;
use std::fmt::Debug;

use canopy_kernel::Role;
use canopy_persistence::testing::{self, Contents};
use canopy_platform::metadata::{AUTHORIZATION, BUSINESS_TIME};
use canopy_proto::common::v1::RowResult;
use canopy_tests::installation::{Installation, Running};
use sqlx::PgPool;
use tokio::sync::Mutex;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::refusal::{self, Expected};

/// A code whose check characters fit.
pub const FIRM: &str = "91420111MA4KPR3D8L";
/// Another one.
pub const OTHER_FIRM: &str = "91420102MA4KAC3GX5";

/// The gateway as one caller reaches it.
pub type As = InterceptedService<Channel, Bearer>;

/// Puts a token on each call, and the business time at which it takes place.
#[derive(Clone)]
pub struct Bearer {
    token: MetadataValue<Ascii>,
    at: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(AUTHORIZATION, self.token.clone());
        if let Some(at) = &self.at {
            request.metadata_mut().insert(BUSINESS_TIME, at.clone());
        }
        Ok(request)
    }
}

/// A suite that `canopy up` runs.
pub struct World {
    pub installation: Installation,
    pub registry: PgPool,
    pub subsidy: PgPool,
    pub commissioner: PgPool,
    suite: Running,
    channel: Channel,
    tokens: Mutex<BTreeMap<(String, Role), String>>,
}

impl World {
    pub async fn start() -> Self {
        let installation = Installation::new();
        let suite = installation.up().await;
        let channel = Endpoint::from_shared(format!("http://{}", suite.address)).unwrap().connect_lazy();
        let database = async |name| PgPool::connect(&installation.database(name)).await.unwrap();
        let (registry, subsidy) = (database("registry").await, database("subsidy").await);
        let commissioner = database("commissioner").await;
        Self { installation, registry, subsidy, commissioner, suite, channel, tokens: Mutex::default() }
    }

    pub async fn stop(self) {
        self.registry.close().await;
        self.subsidy.close().await;
        self.commissioner.close().await;
        self.suite.stop().await;
    }

    /// Where the gateway listens.
    pub fn address(&self) -> &str {
        &self.suite.address
    }

    /// The gateway without any token.
    pub fn stranger(&self) -> Channel {
        self.channel.clone()
    }

    /// The gateway with a token from these options of `canopy token`.
    pub async fn with(&self, options: &[&str]) -> As {
        let token = self.token(options).await;
        self.bearing(&token, "")
    }

    /// The gateway with that token, on a business day (empty = now).
    pub fn bearing(&self, token: &str, on: &str) -> As {
        let at = (!on.is_empty()).then(|| format!("{on}T12:00:00+08:00").parse().unwrap());
        let token = format!("Bearer {token}").parse().unwrap();
        InterceptedService::new(self.channel.clone(), Bearer { token, at })
    }

    /// The gateway as a named person in a role, on a business day (empty = now).
    pub async fn desk(&self, person: &str, role: Role, on: &str) -> As {
        let mut tokens = self.tokens.lock().await;
        let key = (person.to_owned(), role);
        if !tokens.contains_key(&key) {
            let options = ["--person", person, "--role", role.as_str(), "--may-set-time"];
            tokens.insert(key.clone(), self.token(&options).await);
        }
        self.bearing(&tokens[&key], on)
    }

    /// A token from these options of `canopy token`.
    pub async fn token(&self, options: &[&str]) -> String {
        let ended = self.installation.run(&[["token"].as_slice(), options].concat()).await;
        assert!(ended.success, "{}", ended.text);
        ended.text.trim().to_owned()
    }

    /// What stands in every table of the services, once what the registry told is mirrored.
    pub async fn tables(&self) -> [Contents; 3] {
        let registry = testing::contents(&self.registry).await.unwrap();
        let told = sqlx::query_scalar("select feed_head from platform.installation");
        let told: i64 = told.fetch_one(&self.registry).await.unwrap();
        let following = async |pool| {
            testing::applied(pool, "registry", told).await.unwrap();
            testing::contents(pool).await.unwrap()
        };
        [registry, following(&self.subsidy).await, following(&self.commissioner).await]
    }

    /// Makes the call, which is refused like that and leaves nothing behind.
    pub async fn refuses<T: Debug>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
        expected: Expected<'_>,
    ) {
        let before = self.tables().await;
        let status = call.await.expect_err(expected.1);
        refusal::says(&refusal::of(&status), expected);
        assert_eq!(self.tables().await, before, "{} left a trace", expected.1);
    }

    /// Imports rows, each of which is refused like that and leaves nothing behind; the same again is answered word for
    /// word.
    pub async fn refuses_rows(
        &self,
        mut import: impl AsyncFnMut() -> Vec<RowResult>,
        expected: &[Expected<'_>],
    ) {
        let before = self.tables().await;
        let first = import().await;
        assert_eq!(first.len(), expected.len());
        for (row, expected) in first.iter().zip(expected) {
            assert_eq!(row.name, "", "{} was taken", expected.1);
            refusal::says(row.refusal.as_ref().unwrap(), *expected);
        }
        for (first, again) in first.iter().zip(import().await) {
            assert!(again.repeated_answer, "a refusal was forgotten: {again:?}");
            assert_eq!(again.refusal, first.refusal, "the same bytes");
        }
        assert_eq!(self.tables().await, before, "a refused row left a trace");
    }
}

/// A fresh request id.
pub fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

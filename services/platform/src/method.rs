//! What every method declares about itself in its .proto file: who may call it, whether it writes, what it costs.
//! The role gate, the gateway's quota and the golden authorization table are read from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use canopy_kernel::Role;
use canopy_proto::options::v1 as options;
use prost::Message;
use prost_reflect::{DescriptorPool, ExtensionDescriptor, MethodDescriptor};

/// Whether a method changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reads only; may be retried freely.
    Read,
    /// Changes something; idempotent by `request_id`.
    Write,
}

/// How sensitive a method's answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Anyone in the suite's agencies may know it.
    Official,
    /// Personal data or accounts; never cached, never logged.
    Personal,
}

/// The declaration of one method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodRule {
    /// Path on the wire, `/package.Service/Method`.
    pub path: String,
    /// Roles that may call; nobody else.
    pub roles: BTreeSet<Role>,
    /// Read or write.
    pub access: Access,
    /// Sensitivity of the answer.
    pub sensitivity: Sensitivity,
    /// Quota units that one call costs, at least 1.
    pub cost: u32,
    /// The caller sends a stream.
    pub client_streaming: bool,
    /// The service answers with a stream.
    pub server_streaming: bool,
}

impl MethodRule {
    /// Full name of the service, such as `canopy.registry.v1.SubjectService`.
    pub fn service(&self) -> &str {
        service_of(&self.path)
    }

    /// Whether either side streams: such a call lasts as long as its caller wants.
    pub fn streams(&self) -> bool {
        self.client_streaming || self.server_streaming
    }
}

/// The declarations of all methods that have one, by path.
#[derive(Clone, Debug, Default)]
pub struct MethodTable {
    rules: BTreeMap<String, Arc<MethodRule>>,
}

impl MethodTable {
    /// Reads the declarations from an encoded descriptor set. A half-made declaration is an error.
    pub fn from_image(image: &[u8]) -> anyhow::Result<Self> {
        let pool = DescriptorPool::decode(image).context("the image is no descriptor set")?;
        let rule = pool
            .get_extension_by_name("canopy.options.v1.rule")
            .context("the image lacks the method option")?;
        let mut rules = BTreeMap::new();
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            if let Some(rule) = declared(&method, &rule)? {
                rules.insert(rule.path.clone(), Arc::new(rule));
            }
        }
        Ok(Self { rules })
    }

    /// The table of the suite's own contract.
    pub fn of_suite() -> anyhow::Result<Self> {
        Self::from_image(canopy_proto::CONTRACT)
    }

    /// The declaration of the method at that path.
    pub fn get(&self, path: &str) -> Option<&Arc<MethodRule>> {
        self.rules.get(path)
    }

    /// All declarations in order of path.
    pub fn iter(&self) -> impl Iterator<Item = &MethodRule> {
        self.rules.values().map(Arc::as_ref)
    }

    /// Fails when a method of one of these services has no declaration, or a service is not known at all.
    pub fn require_services(&self, services: &[&str]) -> anyhow::Result<()> {
        let pool =
            DescriptorPool::decode(canopy_proto::CONTRACT).context("the image is no descriptor set")?;
        for name in services {
            let service =
                pool.get_service_by_name(name).with_context(|| format!("no service {name} in the image"))?;
            for method in service.methods() {
                let path = path_of(&method);
                ensure!(self.rules.contains_key(&path), "{path} declares nobody who may call it");
            }
        }
        Ok(())
    }

    /// Keeps the methods of these services only: what a server serves, it gates.
    #[must_use]
    pub fn serving(mut self, services: &[&str]) -> Self {
        self.rules.retain(|_, rule| services.contains(&rule.service()));
        self
    }
}

/// The service part of a path: `/package.Service/Method` → `package.Service`.
pub fn service_of(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').map_or(path, |(service, _)| service)
}

fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// prost drops options it does not know, so the raw descriptor is asked.
fn declared(
    method: &MethodDescriptor,
    extension: &ExtensionDescriptor,
) -> anyhow::Result<Option<MethodRule>> {
    let all = method.options();
    if !all.has_extension(extension) {
        return Ok(None);
    }
    let value = all.get_extension(extension);
    let message = value.as_message().context("the method option is no message")?;
    let rule = options::MethodRule::decode(message.encode_to_vec().as_slice())?;
    parsed(method, &rule).map(Some).with_context(|| format!("option of {}", path_of(method)))
}

fn parsed(method: &MethodDescriptor, rule: &options::MethodRule) -> anyhow::Result<MethodRule> {
    let roles = rule.roles().map(role).collect::<anyhow::Result<BTreeSet<_>>>()?;
    ensure!(!roles.is_empty(), "it admits nobody");
    Ok(MethodRule {
        path: path_of(method),
        roles,
        access: match rule.access() {
            options::Access::Read => Access::Read,
            options::Access::Write => Access::Write,
            options::Access::Unspecified => bail!("read or write is not stated"),
        },
        sensitivity: match rule.sensitivity() {
            options::Sensitivity::Official => Sensitivity::Official,
            options::Sensitivity::Personal => Sensitivity::Personal,
            options::Sensitivity::Unspecified => bail!("the sensitivity is not stated"),
        },
        cost: rule.cost.max(1),
        client_streaming: method.is_client_streaming(),
        server_streaming: method.is_server_streaming(),
    })
}

fn role(role: options::Role) -> anyhow::Result<Role> {
    let name = role.as_str_name();
    let name = name.strip_prefix("ROLE_").unwrap_or(name);
    Role::from_name(name).with_context(|| format!("no role {name}"))
}

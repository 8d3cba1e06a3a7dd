//! Which service a call goes to, by the gRPC package in its path.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::bail;
use canopy_kernel::{Actor, Failure, Role, reason};
use canopy_platform::method::MethodTable;

use crate::backend::Backend;
use crate::config::Config;

/// Every route and method known.
pub(crate) struct Routes {
    routes: Vec<Route>,
    methods: HashMap<String, Method>,
}

/// One package and the service behind it.
pub(crate) struct Route {
    package: String,
    pub(crate) audience: String,
    pub(crate) backend: Arc<Backend>,
    /// Stands for every method that only a newer service knows.
    unlisted: Method,
}

/// What the gateway needs to know of a method.
#[derive(Debug)]
pub(crate) struct Method {
    /// Place in the list of routes.
    pub(crate) route: usize,
    /// Quota units of one call.
    pub(crate) cost: NonZeroU32,
    /// Either side may send several messages, so the call may last.
    pub(crate) streaming: bool,
    /// `None` for a method that only a newer service knows: the service decides.
    roles: Option<Vec<Role>>,
}

impl Routes {
    pub(crate) fn new(config: &Config, table: &MethodTable) -> anyhow::Result<Self> {
        let mut backends: BTreeMap<&str, Arc<Backend>> = BTreeMap::new();
        let mut routes = Vec::new();
        for (package, address) in &config.routes {
            let audience = audience(package, &config.audiences)?;
            let backend = match backends.get(address.as_str()) {
                Some(backend) => backend.clone(),
                None => Arc::new(Backend::new(&audience, address, &config.backend)?),
            };
            backends.insert(address, backend.clone());
            let unlisted =
                Method { route: routes.len(), cost: NonZeroU32::MIN, streaming: true, roles: None };
            routes.push(Route { package: package.clone(), audience, backend, unlisted });
        }
        let mut methods = HashMap::new();
        for rule in table.iter() {
            let Some(route) = find(&routes, &rule.path) else { continue };
            let method = Method {
                route,
                cost: NonZeroU32::new(rule.cost).unwrap_or(NonZeroU32::MIN),
                streaming: rule.streams(),
                roles: Some(rule.roles.iter().copied().collect()),
            };
            methods.insert(rule.path.clone(), method);
        }
        Ok(Self { routes, methods })
    }

    /// The method of that path; no route to its package, no method.
    pub(crate) fn method(&self, path: &str) -> Result<&Method, Failure> {
        if let Some(method) = self.methods.get(path) {
            return Ok(method);
        }
        match find(&self.routes, path) {
            Some(route) => Ok(&self.routes[route].unlisted),
            None => Err(Failure::new(&reason::METHOD_UNKNOWN).with("method", path)),
        }
    }

    /// The path for a metric: one that nobody serves is the caller's invention and no label.
    pub(crate) fn label<'p>(&self, path: &'p str) -> &'p str {
        if self.methods.contains_key(path) { path } else { "unknown" }
    }

    pub(crate) fn backend(&self, method: &Method) -> &Backend {
        &self.routes[method.route].backend
    }

    /// The audience of each route, in order.
    pub(crate) fn audiences(&self) -> Vec<String> {
        self.routes.iter().map(|route| route.audience.clone()).collect()
    }

    /// Full names of the services that can be reached.
    pub(crate) fn services(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.methods.keys().filter_map(|path| Some(path[1..].split_once('/')?.0.to_owned())).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Method {
    /// Spares the service a call that its role gate refuses anyway. It decides again.
    pub(crate) fn admit(&self, actor: &Actor) -> Result<(), Failure> {
        let Some(roles) = &self.roles else { return Ok(()) };
        if roles.iter().any(|role| actor.has(*role)) {
            return Ok(());
        }
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        Err(Failure::new(&reason::ROLE_NOT_ALLOWED).with("roles", names.join(", ")))
    }
}

/// `/canopy.registry.v1.SubjectService/GetSubject` belongs to package `canopy.registry.v1`.
fn find(routes: &[Route], path: &str) -> Option<usize> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let (package, _) = service.rsplit_once('.')?;
    if method.is_empty() || method.contains('/') {
        return None;
    }
    routes.iter().position(|route| route.package == package)
}

/// The service named in the middle of `canopy.<service>.v1`, unless the configuration says otherwise.
fn audience(package: &str, named: &BTreeMap<String, String>) -> anyhow::Result<String> {
    if let Some(audience) = named.get(package) {
        return Ok(audience.clone());
    }
    match package.split('.').nth(1) {
        Some(service) => Ok(service.to_owned()),
        None => bail!("routes.\"{package}\": name its audience in audiences.\"{package}\""),
    }
}

//! The suite as it runs in production: a process for each service, on their configuration files.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use canopy_kernel::Role;
use canopy_persistence::Crypt;
use canopy_persistence::merkle::LogSigner;
use canopy_sandbox::issuer::Issuer;
use tempfile::TempDir;

use crate::database::Database;
use crate::keys::{self, Keys};
use crate::load::Target;
use crate::process::{Process, free_address};

/// Which services run beside the gateway.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// The registry.
    Registry,
    /// The registry and the commissioner service.
    Transfer,
    /// All of them, and the sandbox's bank.
    All,
}

/// A running suite.
pub struct Suite {
    folder: TempDir,
    programs: PathBuf,
    keys: Keys,
    issuer: Issuer,
    /// Where the gateway listens.
    pub address: SocketAddr,
    /// Its processes by name.
    pub processes: Vec<(&'static str, Process)>,
    /// Where its services listen.
    addresses: Vec<(&'static str, SocketAddr)>,
    /// The registry's database.
    pub registry: String,
    /// Id of the database server's first process.
    pub postgres: u32,
    /// Folder of the database server's log.
    pub log: PathBuf,
}

impl Suite {
    /// Starts the programs of a folder on fresh databases, whose names begin alike.
    pub async fn start(
        programs: &Path,
        database: &Database,
        prefix: &str,
        parts: Parts,
    ) -> anyhow::Result<Suite> {
        database.require_durable().await?;
        let folder = tempfile::Builder::new().prefix("canopy-bench-").tempdir()?;
        let keys = Keys::generate(folder.path())?;
        let issuer = Issuer::open(&folder.path().join("keys/issuer"))?;
        let registry = database.url(&format!("{prefix}_registry"));
        let mut suite = Suite {
            programs: programs.to_owned(),
            keys,
            issuer,
            address: free_address()?,
            processes: Vec::new(),
            addresses: Vec::new(),
            registry,
            postgres: database.process()?,
            log: database.home().join("log"),
            folder,
        };
        let mut addresses = Vec::new();
        if parts == Parts::All {
            let bank = free_address()?;
            suite.bank(bank).await?;
            addresses.push(("treasury", bank));
        }
        let services: &[&str] = match parts {
            Parts::Registry => &["registry"],
            Parts::Transfer => &["registry", "commissioner"],
            Parts::All => &["registry", "subsidy", "commissioner"],
        };
        for service in services {
            let address = free_address()?;
            let name = format!("{prefix}_{service}");
            database.create(&name).await?;
            suite.service(service, address, &database.url(&name), &addresses).await?;
            addresses.push((service, address));
        }
        let gateway = gateway(programs, suite.folder(), &suite.issuer, suite.address, &addresses).await?;
        suite.processes.push(("gateway", gateway));
        Ok(suite)
    }

    /// The data folder, as `canopy replay` wants it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The processes and Postgres, to be watched.
    pub fn groups(&self) -> Vec<(&'static str, u32)> {
        let processes = self.processes.iter().map(|(name, process)| (*name, process.id()));
        processes.chain([("postgres", self.postgres)]).collect()
    }

    /// A method through the gateway, as a person in that role.
    pub fn target(&self, path: &str, person: &str, role: Role) -> anyhow::Result<Target> {
        Target::new(self.address, path, Some(&self.token(person, role)?))
    }

    /// A token of a person in that role.
    pub fn token(&self, person: &str, role: Role) -> anyhow::Result<String> {
        keys::token(&self.issuer, person, role)
    }

    /// Ends the processes, those that call others first.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        while let Some((_, process)) = self.processes.pop() {
            process.stop().await?;
        }
        Ok(())
    }

    async fn bank(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let data = self.folder.path().join("bank");
        let (data, listen) = (data.to_str().context("a path in UTF-8")?, address.to_string());
        let accept: Vec<String> = ["gateway", "subsidy"].iter().map(|it| self.keys.accept(it)).collect();
        let mut arguments = vec!["bank", "--data", data, "--listen", &listen, "--tryout"];
        arguments.extend(accept.iter().flat_map(|it| ["--accept", it.as_str()]));
        let program = self.programs.join("canopy-sandbox");
        let mut bank = Process::start(self.folder.path(), "bank", &program, &arguments)?;
        bank.ready(address).await?;
        self.processes.push(("bank", bank));
        Ok(())
    }

    async fn service(
        &mut self,
        name: &'static str,
        address: SocketAddr,
        database: &str,
        peers: &[(&str, SocketAddr)],
    ) -> anyhow::Result<()> {
        let folder = self.folder.path().join("keys").join(name);
        Crypt::generate(&folder.join("crypt"))?;
        LogSigner::generate(&folder.join("log.key"), name)?;
        let mut text = String::new();
        let calls: &[&str] = match name {
            "subsidy" => &["registry", "treasury"],
            "commissioner" => &["registry"],
            _ => &[],
        };
        let called = peers.iter().filter(|(peer, _)| calls.contains(peer));
        text.extend(called.map(|(peer, address)| format!("{peer} = \"http://{address}\"\n")));
        text.push_str(&server(name, address, self.folder.path()));
        text.push_str("[server.identity.accept]\n");
        let callers: &[&str] =
            if name == "registry" { &["gateway", "subsidy", "commissioner"] } else { &["gateway"] };
        for issuer in callers {
            text.push_str(&format!("{issuer} = \"{}\"\n", self.keys.public(issuer)));
        }
        text.push_str(&format!(
            "[database]\nurl = \"{database}\"\ncrypt_folder = \"{0}/crypt\"\nlog_key_file = \"{0}/log.key\"\n",
            folder.display()
        ));
        if name == "commissioner" {
            // On disk, as an operator has it: in memory it would have to be made anew at each start.
            text.push_str(&format!("[suggest]\nfolder = \"{}/suggest\"\n", folder.display()));
        }
        let file = self.folder.path().join(format!("{name}.toml"));
        std::fs::write(&file, text)?;
        let file = file.to_str().context("a path in UTF-8")?;
        let program = self.programs.join(format!("canopy-{name}"));
        let migrated = Command::new(&program).args(["migrate", "--config", file]).output()?;
        ensure!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        let mut process = Process::start(self.folder.path(), name, &program, &["serve", "--config", file])?;
        process.ready(address).await?;
        self.processes.push((name, process));
        self.addresses.push((name, address));
        Ok(())
    }

    /// Ends a service, has its program do something meanwhile, and starts it again.
    pub async fn restart_after(&mut self, service: &str, command: &str) -> anyhow::Result<()> {
        let place =
            self.processes.iter().position(|(name, _)| *name == service).context("no such process")?;
        let (name, process) = self.processes.remove(place);
        process.stop().await?;
        let (_, address) = self.addresses.iter().find(|(it, _)| *it == name).context("no such service")?;
        let file = self.folder.path().join(format!("{name}.toml"));
        let file = file.to_str().context("a path in UTF-8")?;
        let program = self.programs.join(format!("canopy-{name}"));
        let done = Command::new(&program).args([command, "--config", file]).output()?;
        ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut process = Process::start(self.folder.path(), name, &program, &["serve", "--config", file])?;
        process.ready(*address).await?;
        self.processes.insert(place, (name, process));
        Ok(())
    }
}

/// Starts a gateway before services at those addresses; its key stands in the folder already.
pub async fn gateway(
    programs: &Path,
    folder: &Path,
    issuer: &Issuer,
    address: SocketAddr,
    routes: &[(&str, SocketAddr)],
) -> anyhow::Result<Process> {
    let mut text = server("gateway", address, folder);
    text.push_str("[routes]\n");
    for (service, address) in routes {
        // The bank itself is an outside party: callers reach only its switches.
        let package = if *service == "treasury" { "sandbox" } else { service };
        text.push_str(&format!("\"canopy.{package}.v1\" = \"http://{address}\"\n"));
    }
    text.push_str("[audiences]\n\"canopy.sandbox.v1\" = \"treasury\"\n");
    text.push_str(&format!("[tokens.issuers.sandbox]\n{} = \"{}\"\n", issuer.key_id(), issuer.public_key()));
    // The quota is counted as ever, but a bench must not be what it stops.
    text.push_str("[quota.standard]\nunits_per_second = 10000000\nburst = 10000000\n");
    let file = folder.join("gateway.toml");
    std::fs::write(&file, text)?;
    let file = file.to_str().context("a path in UTF-8")?;
    let program = programs.join("canopy-gateway");
    let mut process = Process::start(folder, "gateway", &program, &["serve", "--config", file])?;
    process.ready(address).await?;
    Ok(process)
}

fn server(name: &str, address: SocketAddr, folder: &Path) -> String {
    format!(
        "[server]\nlisten = \"{address}\"\ntryout = true\n[server.telemetry]\nlog_filter = \"warn\"\n\
         [server.identity]\nname = \"{name}\"\nkey_file = \"{}\"\n",
        Keys::file(folder, name).display()
    )
}

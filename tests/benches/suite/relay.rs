//! The gateway beside nginx: the same unary call carried to the same backend, by the gateway with identity, quota and
//! assertion, by nginx (`grpc_pass`) with none of that.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use canopy_kernel::Role;
use canopy_sandbox::issuer::Issuer;

use crate::keys::{self, Keys};
use crate::load::{Message, Target};
use crate::process::{Process, free_address};
use crate::suite;
use crate::table::{Line, Table};
use crate::usage::Usage;

/// The call: unary, small, and not the gateway's own.
const METHOD: &str = "/canopy.registry.v1.FeedService/GetFeedHead";
/// Callers at once.
const CALLERS: usize = 32;
/// Turns of each; they alternate, so that a machine that slows down slows both.
const TURNS: usize = 3;
const TURN: Duration = Duration::from_secs(2);

/// Measures both.
pub async fn measure(programs: &Path, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("canopy-bench-").tempdir()?;
    let folder = folder.path();
    let (backend_at, gateway_at, nginx_at) = (free_address()?, free_address()?, free_address()?);
    let own = std::env::current_exe()?;
    let mut backend = Process::start(folder, "backend", &own, &[crate::BACKEND, &backend_at.to_string()])?;
    backend.listening(backend_at).await?;
    Keys::generate(folder)?;
    let issuer = Issuer::open(&folder.join("keys/issuer"))?;
    let routes = [("registry", backend_at)];
    let gateway = suite::gateway(programs, folder, &issuer, gateway_at, &routes).await?;
    let nginx = nginx(folder, nginx_at, backend_at).await?;

    let token = keys::token(&issuer, "auditor", Role::Auditor)?;
    let direct = Target::new(backend_at, METHOD, None)?;
    let by_gateway = Target::new(gateway_at, METHOD, Some(&token))?;
    let by_nginx = Target::new(nginx_at, METHOD, None)?;
    let message: Message = Arc::new(Vec::new);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut our_cpu, mut their_cpu) = (String::new(), String::new());
    for _ in 0..TURNS {
        let usage = Usage::of(&[("gateway", gateway.id()), ("backend", backend.id())]);
        ours.push(by_gateway.load(CALLERS, TURN, &message).await?.rate);
        our_cpu = usage.shares();
        let usage = Usage::of(&[("nginx", nginx.id()), ("backend", backend.id())]);
        theirs.push(by_nginx.load(CALLERS, TURN, &message).await?.rate);
        their_cpu = usage.shares();
    }
    let (ours, theirs) = (median(ours), median(theirs));
    table.fact("nginx grpc_pass, 32 callers, calls/s", theirs);
    let what = format!("gateway, {CALLERS} callers, as a multiple of nginx ({ours:.0} calls/s)");
    let bound = format!("{our_cpu}; with nginx: {their_cpu}");
    table.add(Line::at_least(1.0, "×", what, ours / theirs).because(bound));

    let (mut base, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        base.push(direct.load(1, TURN / 2, &message).await?.median);
        ours.push(by_gateway.load(1, TURN / 2, &message).await?.median);
        theirs.push(by_nginx.load(1, TURN / 2, &message).await?.median);
    }
    let base = median(base);
    let (ours, theirs) = (median(ours) - base, median(theirs) - base);
    let what = format!("gateway's added p50 at one caller, as a multiple of nginx's ({theirs:.0} µs)");
    let bound = format!("direct call {base:.0} µs, gateway adds {ours:.0} µs");
    table.add(Line::at_most(2.0, "×", what, ours / theirs).because(bound));

    nginx.stop().await?;
    gateway.stop().await?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// nginx with nothing to do but carry: connections stay open on both sides, no log.
async fn nginx(folder: &Path, address: SocketAddr, backend: SocketAddr) -> anyhow::Result<Process> {
    let text = include_str!("nginx.conf")
        .replace("$ADDRESS", &address.to_string())
        .replace("$BACKEND", &backend.to_string());
    std::fs::write(folder.join("nginx.conf"), text)?;
    let prefix = folder.to_str().context("a path in UTF-8")?;
    // Debian puts it where a user's PATH need not look.
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].iter().map(Path::new).find(|it| it.exists());
    let arguments = ["-p", prefix, "-c", "nginx.conf", "-e", "nginx-errors.log"];
    let mut nginx = Process::start(folder, "nginx", program.context("nginx: run make bench")?, &arguments)?;
    nginx.listening(address).await?;
    Ok(nginx)
}

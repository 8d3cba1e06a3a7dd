//! Try-out tokens from the sandbox's issuer.

use std::str::FromStr;

use canopy_kernel::{Clock, Role, Uscc};
use canopy_sandbox::issuer::Grant;
use clap::Args;
use jiff::SignedDuration;

use crate::suite::Folder;

/// For whom a token is minted.
#[derive(Clone, Debug, Args)]
pub struct Grantee {
    /// Name of the acting person.
    #[arg(long)]
    person: Option<String>,
    /// Role that the person holds, e.g. ST_BUREAU; may be given several times.
    #[arg(long = "role", required = true, value_parser = role)]
    roles: Vec<Role>,
    /// Agency that calls.
    #[arg(long, default_value = "try-out")]
    agency: String,
    /// System that calls.
    #[arg(long, default_value = "console")]
    system: String,
    /// Organisation that the person represents (ENTERPRISE).
    #[arg(long, value_parser = uscc)]
    uscc: Option<Uscc>,
    /// What the call is for.
    #[arg(long)]
    purpose: Option<String>,
    /// How long the token is good for, e.g. 8h or 30m.
    #[arg(long, default_value = "8h")]
    ttl: SignedDuration,
    /// Allow the caller to state the business time of its calls.
    #[arg(long)]
    may_set_time: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|it| it.as_str()).collect();
        format!("no role {text}; known: {}", known.join(", "))
    })
}

fn uscc(text: &str) -> Result<Uscc, String> {
    Uscc::from_str(text).map_err(|failure| failure.text_en())
}

impl Grantee {
    fn grant(&self) -> Grant {
        Grant {
            person: self.person.clone(),
            agency: self.agency.clone(),
            system: self.system.clone(),
            assurance: "high".to_owned(),
            roles: self.roles.iter().copied().collect(),
            represented: self.uscc,
            purpose: self.purpose.clone(),
            may_set_time: self.may_set_time,
            lifetime: self.ttl,
        }
    }
}

/// Prints a token for the grantee.
#[expect(clippy::print_stdout, reason = "the token is what the command is for")]
pub fn print(folder: &Folder, grantee: &Grantee) -> anyhow::Result<()> {
    println!("{}", folder.issuer()?.mint(&grantee.grant(), Clock::System.now())?);
    Ok(())
}

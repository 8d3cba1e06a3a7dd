//! A database that goes away is told, and used again by itself once it is back.

use std::path::{Path, PathBuf};

use canopy_kernel::{Role, reason};
use canopy_proto::registry::v1 as pb;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::refusal::refused;
use crate::rows::{code, firm, listing};
use crate::suite::Suite;

/// Name of a Postgres server's socket on the usual port.
const SOCKET: &str = ".s.PGSQL.5432";

/// A place between the registry and its database, where the way can be cut.
struct Relay {
    folder: PathBuf,
    server: PathBuf,
    carrying: JoinHandle<()>,
}

impl Relay {
    /// Carries connections from a socket in that folder to the server's.
    fn open(folder: &Path, server: &Path) -> Self {
        let (folder, server) = (folder.to_owned(), server.join(SOCKET));
        let carrying = tokio::spawn(carry(UnixListener::bind(folder.join(SOCKET)).unwrap(), server.clone()));
        Self { folder, server, carrying }
    }

    async fn cut(self) -> (PathBuf, PathBuf) {
        self.carrying.abort();
        let _ = self.carrying.await;
        std::fs::remove_file(self.folder.join(SOCKET)).unwrap();
        (self.folder, self.server.parent().unwrap().to_owned())
    }
}

/// Connections end with this task.
async fn carry(listener: UnixListener, server: PathBuf) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let server = server.clone();
        connections.spawn(async move {
            if let Ok(mut far) = UnixStream::connect(server).await {
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}

#[tokio::test]
async fn calls_fail_as_unavailable_while_the_database_is_away_and_pass_once_it_is_back() {
    let mut relay = None;
    let suite = Suite::start_with(|config| {
        let (address, server) = config.database.url.split_once("?host=").unwrap();
        let folder = config.database.crypt_folder.parent().unwrap();
        relay = Some(Relay::open(folder, Path::new(server)));
        config.database.url = format!("{address}?host={}", folder.display());
    })
    .await;
    suite.enter(vec![firm(1)]).await;
    let (folder, server) = relay.unwrap().cut().await;
    let get = || pb::GetSubjectRequest { name: code(1), as_of: String::new() };
    let mut auditor = suite.subjects(Role::Auditor);
    let mut authority = suite.credit(Role::CreditAuthority);
    let answer = refused(auditor.get_subject(get()).await, &reason::DATABASE_DOWN, "");
    assert!(answer.retry_delay().is_some());
    let write = listing("L-1", 1, "2022-03-10");
    refused(authority.record_listing(write.clone()).await, &reason::DATABASE_DOWN, "");

    let relay = Relay::open(&folder, &server);
    assert!(auditor.get_subject(get()).await.is_ok());
    // What was not judged is not kept: the same request passes now.
    assert_eq!(authority.record_listing(write).await.unwrap().into_inner().listing_no, "L-1");
    suite.close().await;
    relay.carrying.abort();
}

//! The bank's own book, read from the bank as the suite's treasury reads it.

use std::collections::BTreeMap;

use canopy_kernel::Clock;
use canopy_platform::{Call, Peer, SigningIdentity};
use canopy_proto::treasury::v1::treasury_service_client::TreasuryServiceClient;
use canopy_proto::treasury::v1::{EntryKind, StatementEntry, StatementRequest};
use canopy_tests::installation::Installation;

/// How often each payment was credited according to the bank, by its end-to-end id, over those days.
pub async fn credits(installation: &Installation, days: &[String]) -> BTreeMap<String, u32> {
    let key = installation.path().join("keys/subsidy.pem");
    let identity = SigningIdentity::from_file("subsidy", &key).unwrap();
    let bank =
        Peer::new(&format!("http://{}", address(installation)), "treasury", identity, Clock::System).unwrap();
    let mut credits = BTreeMap::new();
    for day in days {
        for entry in statement(&bank, day).await {
            if entry.kind() == EntryKind::Credit {
                *credits.entry(entry.end_to_end_id).or_default() += 1;
            }
        }
    }
    credits
}

async fn statement(bank: &Peer, day: &str) -> Vec<StatementEntry> {
    let call = Call::internal("subsidy", "book", None, Clock::System);
    let mut client = TreasuryServiceClient::new(bank.channel());
    let (mut entries, mut after_entry) = (Vec::new(), 0);
    loop {
        let request = StatementRequest { day: day.to_owned(), after_entry, page_size: 1_000 };
        let page = client.statement(bank.request(&call, request).unwrap()).await.unwrap().into_inner();
        after_entry = page.entries.last().map_or(after_entry, |last| last.entry);
        entries.extend(page.entries);
        if page.complete {
            return entries;
        }
    }
}

/// The bank is an outside party that nobody outside is told of; its own command line says where it listens.
fn address(installation: &Installation) -> String {
    let pid = std::fs::read_to_string(installation.path().join("bank.pid")).unwrap();
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).unwrap();
    let mut arguments = line.split('\0').skip_while(|argument| *argument != "--listen");
    arguments.nth(1).expect("the bank is told where to listen").to_owned()
}

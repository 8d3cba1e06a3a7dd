//! The bank's statement: an entry given again changes nothing, one that nobody ordered is refused by itself, a return
//! larger than what was paid refuses the statement, and a bank that says nothing is waited for.

use canopy_kernel::Role;
use canopy_proto::sandbox::v1 as sandbox;
use canopy_proto::sandbox::v1::Misbehaviour;
use canopy_proto::sandbox::v1::sandbox_bank_service_client::SandboxBankServiceClient;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::LineState;
use tonic::Code;

use super::refusal;
use super::world::{As, World, id};
use super::year::{AMOUNT, PAY_ON, code, terms};

const RETURNED_ON: &str = "2022-09-27";

impl World {
    async fn bank(&self) -> SandboxBankServiceClient<As> {
        SandboxBankServiceClient::new(self.desk("li", Role::Operator, "").await)
    }

    /// Makes the bank misbehave once.
    async fn misbehaves(&self, misbehaviour: Misbehaviour) {
        let request =
            sandbox::SetBehaviourRequest { request_id: id(), misbehaviour: misbehaviour.into(), calls: 1 };
        self.bank().await.set_behaviour(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_is_booked_once_and_only_what_it_may_say() {
    let world = World::with_year(2).await;
    world.policy(terms()).await;
    world.budget("BL01", 2 * AMOUNT, 2 * AMOUNT).await;
    let script = sandbox::ScriptReturnRequest {
        request_id: id(),
        payee_uscc: code(1),
        purpose: "HNTE".to_owned(),
        returned_on: RETURNED_ON.to_owned(),
        reason: "账户已销户退票".to_owned(),
    };
    world.bank().await.script_return(script).await.unwrap();
    let batch = world.approved("HNTE").await.name;
    world.fund(&batch, "chen").await.unwrap();
    world.open(PAY_ON).await;
    a_statement_that_cannot_be_asked_for(&world).await;
    a_bank_that_does_not_answer(&world).await;
    an_entry_that_nobody_ordered(&world).await;
    a_return_larger_than_what_was_paid(&world).await;
    an_entry_given_again(&world).await;
    a_line_that_cannot_be_given_up(&world).await;
    world.stop().await;
}

async fn a_statement_that_cannot_be_asked_for(world: &World) {
    let malformed = (Code::InvalidArgument, "FIELD_INVALID", "day");
    world
        .refuses(
            world.payments("clerk", Role::TreasuryBank, PAY_ON).await.reconcile_statement(
                pb::ReconcileStatementRequest { request_id: id(), day: "2022-9-22".to_owned() },
            ),
            malformed,
        )
        .await;
}

async fn a_bank_that_does_not_answer(world: &World) {
    world.misbehaves(Misbehaviour::Unavailable).await;
    world.refuses(world.reconcile(PAY_ON), (Code::Unavailable, "BANK_SILENT", "")).await;
}

async fn an_entry_that_nobody_ordered(world: &World) {
    world.misbehaves(Misbehaviour::Unordered).await;
    let before = world.tables().await;
    let booked = world.reconcile(PAY_ON).await.unwrap().into_inner();
    assert_eq!((booked.entries, booked.credited, booked.booked_before), (2, 0, 1));
    let [refused] = booked.refused.as_slice() else { panic!("{:?}", booked.refused) };
    assert_eq!((refused.entry, refused.reference.as_str()), (2, "TB9999999999"));
    let unknown = (Code::NotFound, "UNKNOWN_TREASURY_REFERENCE", "entries[1].treasury_ref");
    refusal::says(refused.refusal.as_ref().unwrap(), unknown);
    let after = world.tables().await;
    assert_eq!(money(&after), money(&before), "what nobody ordered moved money");
}

/// The tables in which money stands.
fn money(tables: &[canopy_persistence::testing::Contents]) -> Vec<(&String, &(i64, String))> {
    let all = tables.iter().flatten();
    all.filter(|(table, _)| table.contains("ledger") || table.contains("payment_line")).collect()
}

async fn a_return_larger_than_what_was_paid(world: &World) {
    world.misbehaves(Misbehaviour::Larger).await;
    let larger = (Code::InvalidArgument, "FIELD_OUT_OF_RANGE", "entries[0].amount_fen");
    world.refuses(world.reconcile(RETURNED_ON), larger).await;
    let booked = world.reconcile(RETURNED_ON).await.unwrap().into_inner();
    assert_eq!((booked.entries, booked.returned), (1, 1), "the true amount is booked");
}

async fn an_entry_given_again(world: &World) {
    for day in [PAY_ON, RETURNED_ON] {
        world.misbehaves(Misbehaviour::Twice).await;
        let before = world.tables().await;
        let booked = world.reconcile(day).await.unwrap().into_inner();
        assert_eq!((booked.entries, booked.booked_before, booked.refused.len()), (2, 2, 0), "{day}");
        assert_eq!(world.tables().await, before, "an entry given again left a trace");
    }
}

async fn a_line_that_cannot_be_given_up(world: &World) {
    let lines = world.lines("HNTE", RETURNED_ON).await;
    let states: Vec<_> = lines.iter().map(|line| (line.uscc.clone(), line.state())).collect();
    assert_eq!(states, [(code(1), LineState::Returned), (code(2), LineState::Credited)]);
    let abandon = |name: &str, reason: &str| pb::AbandonLineRequest {
        request_id: id(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    let mut chen = world.payments("chen", Role::FinanceBureau, RETURNED_ON).await;
    let state = (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(chen.abandon_line(abandon(&lines[1].name, "x")), state).await;
    let nobody = "lin_01890a5d-ac96-774b-bcce-b302099a8057";
    world.refuses(chen.abandon_line(abandon(nobody, "x")), (Code::NotFound, "UNKNOWN_LINE", "name")).await;
    let unexplained = (Code::InvalidArgument, "FIELD_MISSING", "reason");
    world.refuses(chen.abandon_line(abandon(&lines[0].name, "")), unexplained).await;
}

//! Who gets in, and who may do what.

use canopy_kernel::Role;
use canopy_platform::metadata::{ASSERTION, AUTHORIZATION, BUSINESS_TIME};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use canopy_proto::subsidy::v1 as subsidy;
use canopy_proto::subsidy::v1::payment_service_client::PaymentServiceClient;
use canopy_proto::subsidy::v1::run_service_client::RunServiceClient;
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{EncodingKey, TokenData, encode};
use serde_json::{Value, json};
use tonic::{Code, Request};

use super::world::{FIRM, OTHER_FIRM, World, id};
use super::year::{AMOUNT, MATCH_ON};

fn subject(name: &str) -> pb::GetSubjectRequest {
    pb::GetSubjectRequest { name: name.to_owned(), as_of: String::new() }
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_token_and_nobody_does_what_is_anothers() {
    let world = World::start().await;
    strangers_stay_outside(&world).await;
    a_token_for_another_system_or_of_another_key_is_none(&world).await;
    a_firm_sees_itself_alone(&world).await;
    an_operator_takes_no_decision(&world).await;
    business_time_is_for_those_who_may_set_it(&world).await;
    world.stop().await;
}

async fn strangers_stay_outside(world: &World) {
    let mut nobody = SubjectServiceClient::new(world.stranger());
    let missing = (Code::Unauthenticated, "TOKEN_MISSING", "");
    world.refuses(nobody.get_subject(subject(FIRM)), missing).await;
    let mut basic = Request::new(subject(FIRM));
    basic.metadata_mut().insert(AUTHORIZATION, "Basic b3BlcmF0b3I6MQ==".parse().unwrap());
    world.refuses(nobody.get_subject(basic), missing).await;
    let mut forged = Request::new(subject(FIRM));
    forged.metadata_mut().insert(ASSERTION, "forged".parse().unwrap());
    world.refuses(nobody.get_subject(forged), missing).await;

    let expired = world.with(&["--person", "zhao", "--role", "AUDITOR", "--ttl=-1h"]).await;
    let mut late = SubjectServiceClient::new(expired);
    let refused = (Code::Unauthenticated, "TOKEN_EXPIRED", "");
    world.refuses(late.get_subject(subject(FIRM)), refused).await;
}

/// The token with other claims, under its own header and that key.
fn signed_anew(good: &str, key: &[u8], change: fn(&mut Value)) -> String {
    let TokenData { header, mut claims, .. } = insecure_decode::<Value>(good).unwrap();
    change(&mut claims);
    encode(&header, &claims, &EncodingKey::from_ed_pem(key).unwrap()).unwrap()
}

async fn a_token_for_another_system_or_of_another_key_is_none(world: &World) {
    let good = world.token(&["--person", "zhao", "--role", "AUDITOR"]).await;
    let own = std::fs::read(world.installation.path().join("keys/issuer/issuer.pem")).unwrap();
    let (other, _) = canopy_platform::generate_key().unwrap();
    let signed = |key: &[u8], change: fn(&mut Value)| signed_anew(&good, key, change);
    let (claims, _) = good.rsplit_once('.').unwrap();
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", claims.split_once('.').unwrap().1);
    let cases = [
        (signed(&own, |claims| claims["aud"] = json!("elsewhere")), "TOKEN_AUDIENCE"),
        (signed(&own, |claims| claims["roles"] = json!(["SYSTEM"])), "TOKEN_INVALID"),
        (signed(other.as_bytes(), |_| ()), "TOKEN_INVALID"),
        (unsigned, "TOKEN_INVALID"),
        (format!("{claims}."), "TOKEN_INVALID"),
        ("a.b.c".to_owned(), "TOKEN_INVALID"),
    ];
    for (token, reason) in cases {
        let mut bearer = SubjectServiceClient::new(world.bearing(&token, ""));
        world.refuses(bearer.get_subject(subject(FIRM)), (Code::Unauthenticated, reason, "")).await;
    }
    // The same way of signing with nothing changed is good.
    let mut auditor = SubjectServiceClient::new(world.bearing(&signed(&own, |_| ()), ""));
    let unknown = (Code::NotFound, "UNKNOWN_SUBJECT", "name");
    world.refuses(auditor.get_subject(subject(FIRM)), unknown).await;
}

async fn a_firm_sees_itself_alone(world: &World) {
    let firm = world.with(&["--person", "boss", "--role", "ENTERPRISE", "--uscc", FIRM]).await;
    let refused = |field| (Code::PermissionDenied, "NOT_REPRESENTED", field);
    let mut subjects = SubjectServiceClient::new(firm.clone());
    world.refuses(subjects.get_subject(subject(OTHER_FIRM)), refused("name")).await;
    let decision = subsidy::GetDecisionRequest {
        policy_code: "HNTE".to_owned(),
        uscc: OTHER_FIRM.to_owned(),
        ..Default::default()
    };
    world.refuses(RunServiceClient::new(firm.clone()).get_decision(decision), refused("uscc")).await;
    let lines = subsidy::ListPaymentLinesRequest { uscc: OTHER_FIRM.to_owned(), ..Default::default() };
    let mut payments = PaymentServiceClient::new(firm.clone());
    world.refuses(payments.list_payment_lines(lines), refused("uscc")).await;
    let everybody = subsidy::ListPaymentLinesRequest::default();
    world.refuses(payments.list_payment_lines(everybody), refused("uscc")).await;
}

async fn an_operator_takes_no_decision(world: &World) {
    let refused = (Code::PermissionDenied, "ROLE_NOT_ALLOWED", "");
    let operator = world.desk("li", Role::Operator, "").await;
    let mut runs = RunServiceClient::new(operator.clone());
    let match_run =
        subsidy::MatchRunRequest { request_id: id(), policy_code: "HNTE".to_owned(), ..Default::default() };
    world.refuses(runs.match_run(match_run), refused).await;
    let name = "bat_01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let mut payments = PaymentServiceClient::new(operator.clone());
    let approve = subsidy::ApproveBatchRequest { request_id: id(), name: name.clone(), ..Default::default() };
    world.refuses(payments.approve_batch(approve), refused).await;
    let fund = subsidy::FundBatchRequest { request_id: id(), name, ..Default::default() };
    world.refuses(payments.fund_batch(fund), refused).await;
    let import = pb::BatchImportEnterprisesRequest { rows: vec![super::year::firm(1)] };
    let mut subjects = SubjectServiceClient::new(operator);
    world.refuses(subjects.batch_import_enterprises(import), refused).await;
    let budget = subsidy::CreateBudgetLineRequest {
        request_id: id(),
        line: "BL01".to_owned(),
        year: 2022,
        approved_fen: AMOUNT,
        plan_fen: vec![AMOUNT; 12],
        ..Default::default()
    };
    // The bureau that is paid from a line does not enter it either.
    let bureau = world.desk("zhang", Role::StBureau, MATCH_ON).await;
    let mut budgets = subsidy::budget_service_client::BudgetServiceClient::new(bureau);
    world.refuses(budgets.create_budget_line(budget), refused).await;
}

async fn business_time_is_for_those_who_may_set_it(world: &World) {
    let token = world.token(&["--person", "zhao", "--role", "AUDITOR"]).await;
    let mut auditor = SubjectServiceClient::new(world.bearing(&token, MATCH_ON));
    let refused = (Code::FailedPrecondition, "BUSINESS_TIME_REFUSED", "");
    world.refuses(auditor.get_subject(subject(FIRM)), refused).await;
    let may = world.token(&["--person", "zhao", "--role", "AUDITOR", "--may-set-time"]).await;
    let mut malformed = Request::new(subject(FIRM));
    malformed.metadata_mut().insert(BUSINESS_TIME, "yesterday".parse().unwrap());
    let mut auditor = SubjectServiceClient::new(world.bearing(&may, ""));
    let invalid = (Code::InvalidArgument, "FIELD_INVALID", BUSINESS_TIME);
    world.refuses(auditor.get_subject(malformed), invalid).await;
}

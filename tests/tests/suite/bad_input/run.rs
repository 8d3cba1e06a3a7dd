//! Lists: matched once under one number, posted in a year that is known, confirmed and paid after their publicity.

use canopy_proto::registry::v1 as registry;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::subsidy::v1 as pb;
use tonic::Code::{self, FailedPrecondition};

use super::world::{World, id};
use super::year::{CONFIRM_ON, LAST_DAY, MATCH_ON, PAY_ON, POSTED_ON, certificate, code, terms};

const NOBODY: &str = "run_01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn a_list_goes_its_way_in_order_and_no_sooner() {
    let world = World::with_year(2).await;
    world.policy(terms()).await;
    a_number_names_one_run(&world).await;
    a_firm_with_two_certificates_stands_on_the_list_once(&world).await;
    a_year_without_a_calendar_is_out_of_range(&world).await;
    nothing_is_confirmed_or_paid_before_the_publicity_is_over(&world).await;
    what_is_unknown_or_overtaken(&world).await;
    world.stop().await;
}

async fn a_number_names_one_run(world: &World) {
    let numbered = || pb::MatchRunRequest {
        request_id: id(),
        external_ref: "payout_runs.csv:6".to_owned(),
        policy_code: "HNTE".to_owned(),
        ..Default::default()
    };
    let mut runs = world.runs("zhang", MATCH_ON).await;
    runs.match_run(numbered()).await.unwrap();
    let duplicate = (Code::AlreadyExists, "DUPLICATE_RUN", "external_ref");
    world.refuses(runs.match_run(numbered()), duplicate).await;
}

async fn a_firm_with_two_certificates_stands_on_the_list_once(world: &World) {
    let second = registry::QualificationRow { holder_uscc: code(1), ..certificate(9) };
    let request = registry::BatchImportQualificationsRequest { rows: vec![second] };
    let qian = world.desk("qian", canopy_kernel::Role::Registrar, "").await;
    let mut register = QualificationServiceClient::new(qian);
    let taken = register.batch_import_qualifications(request).await.unwrap().into_inner().results;
    assert_eq!(taken[0].refusal, None);
    let run = world.try_match("HNTE", MATCH_ON).await.unwrap().into_inner();
    assert_eq!(run.candidates, 2, "of two firms one holds two certificates");
}

async fn a_year_without_a_calendar_is_out_of_range(world: &World) {
    let name = world.try_match("HNTE", MATCH_ON).await.unwrap().into_inner().name;
    let publish = pb::PublishRunRequest { request_id: id(), name, ..Default::default() };
    let mut runs = world.runs("zhang", "2023-01-04").await;
    let out_of_range = (Code::OutOfRange, "CALENDAR_YEAR_NOT_LOADED", "");
    world.refuses(runs.publish_run(publish), out_of_range).await;
}

async fn nothing_is_confirmed_or_paid_before_the_publicity_is_over(world: &World) {
    let run = world.published("HNTE").await;
    assert_eq!(run.publicity_last_day, LAST_DAY);
    let not_over = (FailedPrecondition, "PUBLICITY_NOT_OVER", "");
    world.refuses(world.confirm(&run.name, LAST_DAY), not_over).await;
    world.refuses(world.batch(&run.name, LAST_DAY), not_over).await;
    let state = (FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(world.batch(&run.name, CONFIRM_ON), state).await;
    let publish = pb::PublishRunRequest { request_id: id(), name: run.name, ..Default::default() };
    world.refuses(world.runs("zhang", POSTED_ON).await.publish_run(publish), state).await;
}

async fn what_is_unknown_or_overtaken(world: &World) {
    world.refuses(world.confirm(NOBODY, CONFIRM_ON), (Code::NotFound, "UNKNOWN_RUN", "name")).await;
    world.refuses(world.batch(NOBODY, PAY_ON), (Code::NotFound, "UNKNOWN_RUN", "run")).await;
    let malformed = (Code::InvalidArgument, "ID_FORMAT", "name");
    world.refuses(world.confirm("bat_1", CONFIRM_ON), malformed).await;
    let name = world.published("HNTE").await.name;
    let stale = pb::ConfirmRunRequest { request_id: id(), name, etag: "1".to_owned() };
    let overtaken = (Code::Aborted, "VERSION_CONFLICT", "etag");
    world.refuses(world.runs("zhang", CONFIRM_ON).await.confirm_run(stale), overtaken).await;
}

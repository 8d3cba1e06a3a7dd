//! Results that their unit uses itself: years and awards that cannot be.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::empowerment_service_client::EmpowermentServiceClient;
use canopy_proto::commissioner::v1::self_use_service_client::SelfUseServiceClient;
use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};

use super::commissioner::{LATER, unit};
use super::world::{World, id};

/// Another unit than the pilot one.
const OTHER: &str = "124200004416255673";

/// Of the unit's empowerment FQ1, in production since 2021-06-30: the first year is over, the second is not.
pub(super) async fn awards_below_what_the_law_asks_for(world: &World) {
    let asked = pb::GetEmpowermentRequest { empowerment_no: "FQ1".to_owned(), ..Default::default() };
    let mut register = EmpowermentServiceClient::new(unit(world, LATER).await);
    let empowerment = register.get_empowerment(asked).await.unwrap().into_inner().name;
    let start = || pb::StartSelfUseRequest {
        request_id: id(),
        self_use_no: "ZS1".to_owned(),
        empowerment: empowerment.clone(),
        in_use_on: "2021-06-30".to_owned(),
        years: 3,
        ..Default::default()
    };
    let mut dean = SelfUseServiceClient::new(unit(world, LATER).await);
    for years in [2, 6] {
        let request = pb::StartSelfUseRequest { years, ..start() };
        let refused = (InvalidArgument, "FIELD_OUT_OF_RANGE", "years");
        world.refuses(dean.start_self_use(request), refused).await;
    }
    let tomorrow = pb::StartSelfUseRequest { in_use_on: "2023-01-01".to_owned(), ..start() };
    world.refuses(dean.start_self_use(tomorrow), (InvalidArgument, "DATE_IN_FUTURE", "in_use_on")).await;
    let name = dean.start_self_use(start()).await.unwrap().into_inner().name;
    let twice = (AlreadyExists, "DUPLICATE_SELF_USE", "self_use_no");
    world.refuses(dean.start_self_use(start()), twice).await;

    let state = |year_no, award_fen| pb::RecordOperatingProfitRequest {
        request_id: id(),
        name: name.clone(),
        year_no,
        operating_profit_fen: 240_000_000,
        award_fen,
        ..Default::default()
    };
    let refused = [
        (state(1, 11_999_999), (FailedPrecondition, "AWARD_BELOW_FLOOR", "award_fen")),
        (state(1, 240_000_001), (FailedPrecondition, "AWARD_ABOVE_PROFIT", "award_fen")),
        (state(2, 12_000_000), (FailedPrecondition, "YEAR_NOT_OVER", "year_no")),
        (state(4, 12_000_000), (FailedPrecondition, "YEAR_OUTSIDE_TERM", "year_no")),
        (state(0, 12_000_000), (InvalidArgument, "FIELD_OUT_OF_RANGE", "year_no")),
    ];
    for (request, expected) in refused {
        world.refuses(dean.record_operating_profit(request), expected).await;
    }
    let unknown = "sfu_01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let unknown = pb::RecordOperatingProfitRequest { name: unknown, ..state(1, 12_000_000) };
    world.refuses(dean.record_operating_profit(unknown), (NotFound, "UNKNOWN_SELF_USE", "name")).await;
    let token =
        world.token(&["--person", "dean", "--role", "INSTITUTE", "--uscc", OTHER, "--may-set-time"]).await;
    let mut other = SelfUseServiceClient::new(world.bearing(&token, LATER));
    let foreign = other.record_operating_profit(state(1, 12_000_000));
    world.refuses(foreign, (PermissionDenied, "NOT_REPRESENTED", "")).await;
    dean.record_operating_profit(state(1, 12_000_000)).await.unwrap();
    let again = (AlreadyExists, "YEAR_ALREADY_AWARDED", "year_no");
    world.refuses(dean.record_operating_profit(state(1, 12_000_000)), again).await;
}

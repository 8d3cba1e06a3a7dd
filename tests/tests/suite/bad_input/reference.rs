//! Reference data: rows that are none, sets that nobody made, one person in the place of two.

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::reference_row::Row;
use canopy_proto::registry::v1::reference_service_client::ReferenceServiceClient;
use tonic::Code::{self, AlreadyExists, InvalidArgument};

use super::world::{World, id};
use super::year::{day_off, reference, rule};

#[tokio::test]
async fn reference_data_take_no_bad_row_and_need_two_people() {
    let world = World::start().await;
    rows_that_are_none(&world).await;
    one_person_in_the_place_of_two(&world).await;
    world.stop().await;
}

async fn rows_that_are_none(world: &World) {
    let days = world.draft(pb::ReferenceKind::Calendar, vec![day_off("2022-10-01")]).await;
    let unstated = pb::CalendarDay { day: "2022-10-02".to_owned(), kind: 0 };
    let rows = vec![
        day_off("2022-10-01"),
        day_off("2022-13-01"),
        reference(Row::CalendarDay(unstated)),
        rule("publicity_wd", "5", "working days"),
        pb::ReferenceRow { request_id: id(), ..Default::default() },
    ];
    let expected = [
        (AlreadyExists, "DUPLICATE_CALENDAR_DAY", "calendar_day.day"),
        (InvalidArgument, "DATE_FORMAT", "calendar_day.day"),
        (InvalidArgument, "ENUM_UNKNOWN", "calendar_day.kind"),
        (InvalidArgument, "FIELD_INVALID", "row"),
        (InvalidArgument, "FIELD_MISSING", "row"),
    ];
    let mut li = ReferenceServiceClient::new(world.desk("li", Role::Operator, "").await);
    let add = async || {
        let request = pb::AddReferenceRowsRequest { name: days.clone(), rows: rows.clone() };
        li.add_reference_rows(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(add, &expected).await;

    let rules = world.draft(pb::ReferenceKind::RuleParameters, vec![rule("a", "5", "days")]).await;
    let rows = vec![rule("a", "6", "days"), rule("b", "five", "days"), rule("c", "5", "moons")];
    let expected = [
        (AlreadyExists, "DUPLICATE_RULE", "rule_parameter.valid_from"),
        (InvalidArgument, "FIELD_INVALID", "rule_parameter.value"),
        (InvalidArgument, "ENUM_UNKNOWN", "rule_parameter.unit"),
    ];
    let mut li = ReferenceServiceClient::new(world.desk("li", Role::Operator, "").await);
    let add = async || {
        let request = pb::AddReferenceRowsRequest { name: rules.clone(), rows: rows.clone() };
        li.add_reference_rows(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(add, &expected).await;
}

async fn one_person_in_the_place_of_two(world: &World) {
    let set = world.draft(pb::ReferenceKind::Calendar, vec![day_off("2022-10-01")]).await;
    let activate = |name: &str, etag: &str| pb::ActivateReferenceSetRequest {
        request_id: id(),
        name: name.to_owned(),
        etag: etag.to_owned(),
    };
    let mut li = ReferenceServiceClient::new(world.desk("li", Role::Operator, "").await);
    let mut wang = ReferenceServiceClient::new(world.desk("wang", Role::Operator, "").await);
    let own = (Code::PermissionDenied, "MAKER_IS_APPROVER", "");
    world.refuses(li.activate_reference_set(activate(&set, "")), own).await;
    let stale = (Code::Aborted, "VERSION_CONFLICT", "etag");
    world.refuses(wang.activate_reference_set(activate(&set, "99")), stale).await;
    let nothing = "ref_01890a5d-ac96-774b-bcce-b302099a8057";
    let unknown = (Code::NotFound, "UNKNOWN_REFERENCE_SET", "name");
    world.refuses(wang.activate_reference_set(activate(nothing, "")), unknown).await;
    wang.activate_reference_set(activate(&set, "")).await.unwrap();
    let state = (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(wang.activate_reference_set(activate(&set, "")), state).await;
    let late = pb::AddReferenceRowsRequest { name: set, rows: vec![day_off("2022-10-03")] };
    world.refuses(li.add_reference_rows(late), state).await;
}

//! Objections: anonymous ones are kept and not accepted, late ones are refused, an accepted one keeps its entry out while
//! the rest of the list goes on.

use canopy_platform::from_status;
use canopy_proto::subsidy::v1 as pb;
use tonic::Code;

use super::world::{FIRM, World, id};
use super::year::{AMOUNT, CONFIRM_ON, LAST_DAY, PAY_ON, POSTED_ON, code, terms};

fn objection(objection_no: &str, uscc: &str, objector: &str) -> pb::FileObjectionRequest {
    pb::FileObjectionRequest {
        request_id: id(),
        objection_no: objection_no.to_owned(),
        policy_code: "HNTE".to_owned(),
        uscc: uscc.to_owned(),
        objector: objector.to_owned(),
        contact: "027-65692000".to_owned(),
        text: "人员结构不符".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_objection_is_heard_in_time_and_by_name() {
    let world = World::with_year(3).await;
    world.policy(terms()).await;
    let run = world.published("HNTE").await.name;
    an_anonymous_one_is_kept_and_not_accepted(&world).await;
    one_that_cannot_be_heard_is_refused(&world).await;
    an_open_one_keeps_its_entry_out_and_the_rest_goes_on(&world, &run).await;
    one_after_the_last_day_is_refused(&world).await;
    world.stop().await;
}

async fn an_anonymous_one_is_kept_and_not_accepted(world: &World) {
    let mut runs = world.runs("zhang", POSTED_ON).await;
    let kept = runs.file_objection(objection("YY-1", &code(1), "")).await.unwrap().into_inner();
    assert_eq!((kept.accepted, kept.reason.as_str()), (false, "ANONYMOUS"));
    let asked = pb::ListObjectionsRequest { policy_code: "HNTE".to_owned(), ..Default::default() };
    let stored = runs.list_objections(asked).await.unwrap().into_inner().objections;
    assert_eq!(stored, [kept]);
}

async fn one_that_cannot_be_heard_is_refused(world: &World) {
    let mut runs = world.runs("zhang", LAST_DAY).await;
    let known = (Code::AlreadyExists, "DUPLICATE_OBJECTION", "objection_no");
    world.refuses(runs.file_objection(objection("YY-1", &code(2), "乔明洋")), known).await;
    let stranger = (Code::NotFound, "UNKNOWN_CANDIDATE", "uscc");
    world.refuses(runs.file_objection(objection("YY-2", FIRM, "乔明洋")), stranger).await;
    let malformed = (Code::InvalidArgument, "USCC_FORMAT", "uscc");
    world.refuses(runs.file_objection(objection("YY-2", "9142", "乔明洋")), malformed).await;
    let unknown =
        pb::FileObjectionRequest { policy_code: "NONE".to_owned(), ..objection("YY-2", &code(1), "") };
    let nowhere = (Code::NotFound, "UNKNOWN_POLICY", "policy_code");
    world.refuses(runs.file_objection(unknown), nowhere).await;
    let close = |objection_no: &str, outcome: i32| pb::CloseObjectionRequest {
        request_id: id(),
        objection_no: objection_no.to_owned(),
        outcome,
        ..Default::default()
    };
    let upheld = pb::ObjectionOutcome::Upheld.into();
    let nothing = (Code::NotFound, "UNKNOWN_OBJECTION", "objection_no");
    world.refuses(runs.close_objection(close("YY-9", upheld)), nothing).await;
    let unstated = (Code::InvalidArgument, "ENUM_UNKNOWN", "outcome");
    world.refuses(runs.close_objection(close("YY-1", 0)), unstated).await;
    let not_accepted = (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(runs.close_objection(close("YY-1", upheld)), not_accepted).await;
}

async fn an_open_one_keeps_its_entry_out_and_the_rest_goes_on(world: &World, run: &str) {
    let mut runs = world.runs("zhang", LAST_DAY).await;
    let accepted = runs.file_objection(objection("YY-3", &code(3), "乔明洋")).await.unwrap().into_inner();
    assert!(accepted.accepted);
    world.confirm(run, CONFIRM_ON).await.unwrap();
    let batch = world.batch(run, PAY_ON).await.unwrap().into_inner();
    assert_eq!((batch.lines, batch.total_fen), (2, 2 * AMOUNT));
    let paid: Vec<String> = world.lines("HNTE", PAY_ON).await.into_iter().map(|line| line.uscc).collect();
    assert!(!paid.contains(&code(3)), "{paid:?}");
}

async fn one_after_the_last_day_is_refused(world: &World) {
    let closed = (Code::FailedPrecondition, "PUBLICITY_CLOSED", "");
    for day in [CONFIRM_ON, "2022-09-06"] {
        let mut runs = world.runs("zhang", day).await;
        world.refuses(runs.file_objection(objection("YY-4", &code(1), "乔明洋")), closed).await;
        let status = runs.file_objection(objection("YY-4", &code(1), "乔明洋")).await.unwrap_err();
        assert_eq!(from_status(&status).pass_en(), "Use the complaint channel");
    }
}

//! Policies: terms that cannot be, a version that is overtaken, one person in the place of two.

use canopy_proto::subsidy::v1 as pb;
use tonic::Code::{self, FailedPrecondition, InvalidArgument};

use super::world::{World, id};
use super::year::{MATCH_ON, terms};

#[tokio::test]
async fn a_policy_is_refused_that_cannot_be_served_or_is_known_or_reviewed_by_its_maker() {
    let world = World::with_year(0).await;
    world.policy(terms()).await;
    terms_that_cannot_be(&world).await;
    a_policy_that_is_known_or_unknown(&world).await;
    steps_by_the_maker_out_of_order_or_overtaken(&world).await;
    a_policy_out_of_force_on_the_match_day(&world).await;
    world.stop().await;
}

fn create(terms: pb::PolicyTerms, revise: bool) -> pb::CreatePolicyRequest {
    pb::CreatePolicyRequest { request_id: id(), terms: Some(terms), revise, ..Default::default() }
}

async fn terms_that_cannot_be(world: &World) {
    let other = |change: fn(&mut pb::PolicyTerms)| {
        let mut terms = pb::PolicyTerms { code: "OTHER".to_owned(), ..terms() };
        change(&mut terms);
        create(terms, false)
    };
    let mut policies = world.policies("zhang").await;
    for (request, (code, reason, field)) in [
        (
            other(|it| it.evidence_source = "CONTRACTS".to_owned()),
            (FailedPrecondition, "EVIDENCE_SOURCE_NOT_SERVED", "terms.evidence_source"),
        ),
        (
            other(|it| it.valid_to = "2020-12-31".to_owned()),
            (InvalidArgument, "FIELD_INVALID", "terms.valid_to"),
        ),
        (
            other(|it| it.award_to = "2022-02-30".to_owned()),
            (InvalidArgument, "DATE_FORMAT", "terms.award_to"),
        ),
        (other(|it| it.cap_fen = -1), (InvalidArgument, "FIELD_OUT_OF_RANGE", "terms.cap_fen")),
        (other(|it| it.budget_line = String::new()), (InvalidArgument, "FIELD_MISSING", "terms.budget_line")),
        (other(|it| it.amount_kind = 0), (InvalidArgument, "ENUM_UNKNOWN", "terms.amount_kind")),
    ] {
        world.refuses(policies.create_policy(request), (code, reason, field)).await;
    }
    let nothing = pb::CreatePolicyRequest { request_id: id(), ..Default::default() };
    world.refuses(policies.create_policy(nothing), (InvalidArgument, "FIELD_MISSING", "terms")).await;
}

async fn a_policy_that_is_known_or_unknown(world: &World) {
    let mut policies = world.policies("zhang").await;
    let known = (Code::AlreadyExists, "DUPLICATE_POLICY", "terms.code");
    world.refuses(policies.create_policy(create(terms(), false)), known).await;
    let other = pb::PolicyTerms { code: "OTHER".to_owned(), ..terms() };
    let unknown = (Code::NotFound, "UNKNOWN_POLICY", "terms.code");
    world.refuses(policies.create_policy(create(other, true)), unknown).await;
    let asked = pb::GetPolicyRequest { name: "OTHER".to_owned() };
    world.refuses(policies.get_policy(asked), (Code::NotFound, "UNKNOWN_POLICY", "name")).await;
}

async fn steps_by_the_maker_out_of_order_or_overtaken(world: &World) {
    let raised = pb::PolicyTerms { fixed_first_fen: 20_000_000, ..terms() };
    let (mut zhang, mut liu) = (world.policies("zhang").await, world.policies("liu").await);
    let draft = zhang.create_policy(create(raised, true)).await.unwrap().into_inner();
    let review = |etag: &str| pb::ReviewPolicyRequest {
        request_id: id(),
        name: draft.name.clone(),
        etag: etag.to_owned(),
    };
    let own = (Code::PermissionDenied, "MAKER_IS_APPROVER", "");
    world.refuses(zhang.review_policy(review("")), own).await;
    let stale = (Code::Aborted, "VERSION_CONFLICT", "etag");
    world.refuses(liu.review_policy(review("99")), stale).await;
    let activate =
        pb::ActivatePolicyRequest { request_id: id(), name: draft.name.clone(), ..Default::default() };
    let state = (FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(liu.activate_policy(activate), state).await;
}

async fn a_policy_out_of_force_on_the_match_day(world: &World) {
    let not_in_force = (FailedPrecondition, "POLICY_NOT_IN_FORCE", "");
    world.refuses(world.try_match("HNTE", "2023-01-01"), not_in_force).await;
    world.refuses(world.try_match("HNTE", "2020-12-31"), not_in_force).await;
    let unknown = (Code::NotFound, "UNKNOWN_POLICY", "policy_code");
    world.refuses(world.try_match("OTHER", MATCH_ON), unknown).await;
}

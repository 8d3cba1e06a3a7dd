//! What the tests of needs and achievements enter: firms, an institute, commissioners, demands, achievements.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::achievement_service_client::AchievementServiceClient;
use canopy_proto::commissioner::v1::demand_service_client::DemandServiceClient;

use crate::commissioner::{enter, post, posted, row};
use crate::suite::{As, Suite, id};

pub const FIRM: &str = "91420111MA4KXA0264";
pub const OTHER_FIRM: &str = "91420100MA4K001250";
pub const UNIVERSITY: &str = "124200004416255673";
pub const BROKER: &str = "CL0001";
pub const COLLEAGUE: &str = "CL0002";

/// A suite that knows two firms, a university and two commissioners.
pub async fn begun() -> Suite {
    prepared(Suite::start().await).await
}

/// Tells that suite of the firms, the university and the commissioners.
pub async fn prepared(suite: Suite) -> Suite {
    suite.registry.enter(FIRM, "武汉光谷激光有限公司");
    suite.registry.enter(OTHER_FIRM, "武汉江城软件有限公司");
    suite.registry.institute(UNIVERSITY, "武汉轻工大学", false);
    suite.followed().await;
    assert_eq!(
        enter(&suite, vec![row(BROKER, "2021-01-01", ""), row(COLLEAGUE, "2021-01-01", "2022-08-31")]).await,
        ["", ""]
    );
    let posts = vec![post(BROKER, "420111", "2021-01-01"), post(COLLEAGUE, "420106", "2021-01-01")];
    assert_eq!(posted(&suite, posts).await, ["", ""]);
    suite
}

pub fn demands(calls: As) -> DemandServiceClient<As> {
    DemandServiceClient::new(calls)
}

pub fn achievements(calls: As) -> AchievementServiceClient<As> {
    AchievementServiceClient::new(calls)
}

/// A demand of the firm, collected by the broker.
pub fn demand(number: &str, text: &str) -> pb::CollectDemandRequest {
    pb::CollectDemandRequest {
        request_id: id(),
        demand_no: number.to_owned(),
        enterprise_uscc: FIRM.to_owned(),
        commissioner_no: BROKER.to_owned(),
        field: "激光".to_owned(),
        text: text.to_owned(),
        budget_fen: 57_000_000,
        ..Default::default()
    }
}

/// Collects a demand of the firm as the broker.
pub async fn collected(suite: &Suite, number: &str, on: &str) -> pb::Demand {
    let request = demand(number, &format!("激光切割头标定过程复杂,{number}"));
    demands(suite.commissioner(BROKER, on)).collect_demand(request).await.unwrap().into_inner()
}

pub async fn verified(suite: &Suite, name: &str, on: &str) -> pb::Demand {
    let request = pb::VerifyDemandRequest { request_id: id(), name: name.to_owned(), ..Default::default() };
    demands(suite.district(on)).verify_demand(request).await.unwrap().into_inner()
}

pub async fn published(suite: &Suite, name: &str, on: &str) -> pb::Demand {
    let request = pb::PublishDemandRequest {
        request_id: id(),
        name: name.to_owned(),
        agreed_on: on.to_owned(),
        ..Default::default()
    };
    demands(suite.district(on)).publish_demand(request).await.unwrap().into_inner()
}

/// A demand of the firm that is collected, verified and published.
pub async fn open_demand(suite: &Suite, number: &str) -> pb::Demand {
    let name = collected(suite, number, "2022-02-01").await.name;
    verified(suite, &name, "2022-02-10").await;
    published(suite, &name, "2022-02-20").await
}

pub async fn demand_on(suite: &Suite, name: &str, as_of: &str) -> pb::Demand {
    let request = pb::GetDemandRequest { name: name.to_owned(), as_of: as_of.to_owned() };
    demands(suite.bureau(as_of)).get_demand(request).await.unwrap().into_inner()
}

pub async fn state_on(suite: &Suite, name: &str, as_of: &str) -> pb::DemandState {
    demand_on(suite, name, as_of).await.state()
}

/// An achievement of the university.
pub fn achievement(number: &str, title: &str) -> pb::CollectAchievementRequest {
    pb::CollectAchievementRequest {
        request_id: id(),
        achievement_no: number.to_owned(),
        owner_uscc: UNIVERSITY.to_owned(),
        title: title.to_owned(),
        summary: "已完成中试".to_owned(),
        field: "激光".to_owned(),
        ip_count: 3,
        maturity: 6,
        is_key: true,
        ..Default::default()
    }
}

/// Collects an achievement as the university.
pub async fn offered(suite: &Suite, number: &str, on: &str) -> pb::Achievement {
    let request = achievement(number, &format!("分布式激光焊接装备{number}"));
    achievements(suite.institute(UNIVERSITY, on)).collect_achievement(request).await.unwrap().into_inner()
}

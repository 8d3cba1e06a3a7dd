//! The method dictionary: versioned, edited by the bureau, judged by the day.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::method_service_client::MethodServiceClient;

use crate::suite::{Suite, id, reason_of, reasons_of};

const ON: &str = "2022-06-01";

pub fn label(code: &str, family: pb::MethodFamily, from: &str, to: &str) -> pb::MethodLabelRow {
    pb::MethodLabelRow {
        request_id: id(),
        code: code.to_owned(),
        family: family.into(),
        label_zh: format!("条目 {code}"),
        valid_from: from.to_owned(),
        valid_to: to.to_owned(),
        ..Default::default()
    }
}

/// Enters entries; the answer is their refusals by place.
pub async fn enter(suite: &Suite, rows: Vec<pb::MethodLabelRow>) -> Vec<&'static str> {
    let request = pb::BatchImportMethodLabelsRequest { rows };
    let mut bureau = MethodServiceClient::new(suite.bureau(ON));
    reasons_of(&bureau.batch_import_method_labels(request).await.unwrap().into_inner().results)
}

async fn on(suite: &Suite, as_of: &str) -> pb::ListMethodLabelsResponse {
    let request = pb::ListMethodLabelsRequest { as_of: as_of.to_owned() };
    let mut client = MethodServiceClient::new(suite.commissioner("CL0001", ON));
    client.list_method_labels(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_dictionary_is_counted_on_a_day() {
    use pb::MethodFamily::{Seek, Track, Watch};
    let suite = Suite::start().await;
    let rows = vec![
        label("WATCH_1", Watch, "2021-01-01", ""),
        label("SEEK_1", Seek, "2021-01-01", ""),
        label("SEEK_OLD", Seek, "2020-01-01", "2021-12-31"),
        label("TRACK_1", Track, "2021-01-01", ""),
        label("SEEK_OLD", Seek, "2021-12-31", ""),
        label("TRACK_2", Track, "2021-01-01", "2020-12-31"),
    ];
    assert_eq!(enter(&suite, rows).await, ["", "", "", "", "DUPLICATE_METHOD", "PERIOD_ORDER"]);
    for (day, expected) in [("2020-06-01", [0, 1, 0]), ("2021-12-31", [1, 2, 1]), ("2022-01-01", [1, 1, 1])] {
        let listed = on(&suite, day).await;
        assert_eq!([listed.watch, listed.seek, listed.track], expected, "{day}");
        assert_eq!(listed.revision, 1);
    }
    suite.close().await;
}

#[tokio::test]
async fn an_entry_is_revised_and_ended_and_keeps_its_past() {
    let suite = Suite::start().await;
    enter(&suite, vec![label("WATCH_1", pb::MethodFamily::Watch, "2021-01-01", "")]).await;
    let mut bureau = MethodServiceClient::new(suite.bureau(ON));
    let revise = pb::ReviseMethodLabelRequest {
        request_id: id(),
        code: "WATCH_1".to_owned(),
        family: pb::MethodFamily::Watch.into(),
        label_zh: "盯重点团队".to_owned(),
        valid_from: "2022-07-01".to_owned(),
        ..Default::default()
    };
    let revised = bureau.revise_method_label(revise.clone()).await.unwrap().into_inner();
    assert_eq!(bureau.revise_method_label(revise).await.unwrap().into_inner(), revised);
    let end = pb::EndMethodLabelRequest {
        request_id: id(),
        code: "WATCH_1".to_owned(),
        valid_to: "2022-09-30".to_owned(),
        ..Default::default()
    };
    bureau.end_method_label(end.clone()).await.unwrap();
    let later = pb::EndMethodLabelRequest { request_id: id(), valid_to: "2022-10-01".to_owned(), ..end };
    assert_eq!(reason_of(bureau.end_method_label(later).await), "UNKNOWN_METHOD_CODE");
    for (day, words) in
        [("2022-06-30", "条目 WATCH_1"), ("2022-07-01", "盯重点团队"), ("2022-09-30", "盯重点团队")]
    {
        assert_eq!(on(&suite, day).await.labels[0].label_zh, words, "{day}");
    }
    let after = on(&suite, "2022-10-01").await;
    assert_eq!((after.labels.len(), after.revision), (0, 3));
    suite.close().await;
}

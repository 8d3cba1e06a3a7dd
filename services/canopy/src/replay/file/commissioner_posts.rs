//! `commissioner_posts.csv`: where commissioners are posted.

use canopy_proto::commissioner::v1::{ImportPostsRequest, PostKind, PostRow};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "commissioner_posts.csv",
    columns: &["commissioner_id", "post_kind", "post_ref", "from_on", "to_on"],
    key: &["commissioner_id", "post_ref", "from_on"],
    kind: Kind::Register {
        path: "/canopy.commissioner.v1.CommissionerService/ImportPosts",
        by: Sender::Bureau,
        piece,
    },
};

const KINDS: &[(&str, PostKind)] = &[("INSTITUTE", PostKind::Institute), ("DISTRICT", PostKind::District)];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportPostsRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<PostRow, Malformed> {
    Ok(PostRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        commissioner_no: record.text("commissioner_id").to_owned(),
        kind: record.word("post_kind", KINDS)?,
        post_ref: record.text("post_ref").to_owned(),
        from_on: record.text("from_on").to_owned(),
        to_on: record.text("to_on").to_owned(),
    })
}

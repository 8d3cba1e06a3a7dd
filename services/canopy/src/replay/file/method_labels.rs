//! `method_labels.csv`: the dictionary of the working method. It has no stream: each entry is one call, in file order.

use canopy_proto::commissioner::v1::{BatchImportMethodLabelsRequest, MethodFamily, MethodLabelRow};

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::When::Beforehand;
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "method_labels.csv",
    columns: &["code", "family", "label_zh", "valid_from", "valid_to"],
    key: &["code"],
    kind: Kind::Rows(asked),
};

const FAMILIES: &[(&str, MethodFamily)] =
    &[("WATCH", MethodFamily::Watch), ("SEEK", MethodFamily::Seek), ("TRACK", MethodFamily::Track)];

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let family = record.word("family", FAMILIES)?;
    let draft = context.draft(FILE.name, record, &[("dictionary", "methods")]);
    let external_ref = draft.external_ref();
    let path = "/canopy.commissioner.v1.MethodService/BatchImportMethodLabels";
    let act = Act { step: "enter", when: Beforehand, by: &context.bureau.maker, path };
    Ok(Asked::Calls(draft.call(act, |request_id| {
        let row = MethodLabelRow {
            request_id,
            external_ref,
            code: record.text("code").to_owned(),
            family,
            label_zh: record.text("label_zh").to_owned(),
            valid_from: record.text("valid_from").to_owned(),
            valid_to: record.text("valid_to").to_owned(),
        };
        BatchImportMethodLabelsRequest { rows: vec![row] }
    })))
}

//! `conversion_deals.csv`: the pilot unit's deals and their income, as its register has them.

use canopy_proto::commissioner::v1::{
    BuyerKind, DealMode, DealRow, ImportDealsRequest, PriceMethod, SplitKind,
};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "conversion_deals.csv",
    columns: &[
        "deal_id",
        "empowerment_id",
        "mode",
        "price_method",
        "published_price_fen",
        "price_fen",
        "publicity_posted_on",
        "signed_on",
        "split",
        "receipt_no",
        "received_on",
        "receipts_fen",
        "direct_costs_fen",
        "distributed_on",
        "company_capital_fen",
        "technology_value_fen",
        "buyer_uscc",
        "buyer_kind",
        "related_buyer",
        "related_disclosed",
    ],
    key: &["deal_id", "receipt_no"],
    kind: Kind::Register {
        path: "/canopy.commissioner.v1.DealService/ImportDeals",
        by: Sender::PilotUnit,
        piece,
    },
};

const MODES: &[(&str, DealMode)] = &[
    ("TRANSFER", DealMode::Transfer),
    ("LICENCE", DealMode::Licence),
    ("CONVERT_FIRST", DealMode::ConvertFirst),
    ("EQUITY", DealMode::Equity),
];

const METHODS: &[(&str, PriceMethod)] =
    &[("AGREED", PriceMethod::Agreed), ("LISTED", PriceMethod::Listed), ("AUCTION", PriceMethod::Auction)];

const SPLITS: &[(&str, SplitKind)] = &[("CASH", SplitKind::Cash), ("EQUITY", SplitKind::Equity)];

const BUYERS: &[(&str, BuyerKind)] =
    &[("STATE_OWNED", BuyerKind::StateOwned), ("PRIVATE", BuyerKind::Private)];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportDealsRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<DealRow, Malformed> {
    let text = |column| record.text(column).to_owned();
    Ok(DealRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        deal_no: text("deal_id"),
        empowerment_no: text("empowerment_id"),
        mode: record.word("mode", MODES)?,
        price_method: record.word("price_method", METHODS)?,
        published_price_fen: record.int("published_price_fen")?,
        price_fen: record.int("price_fen")?,
        publicity_posted_on: text("publicity_posted_on"),
        signed_on: text("signed_on"),
        split: record.word("split", SPLITS)?,
        receipt_no: text("receipt_no"),
        received_on: text("received_on"),
        receipts_fen: record.int("receipts_fen")?,
        direct_costs_fen: record.int("direct_costs_fen")?,
        distributed_on: text("distributed_on"),
        company_capital_fen: record.int("company_capital_fen")?,
        technology_value_fen: record.int("technology_value_fen")?,
        buyer_uscc: text("buyer_uscc"),
        buyer_kind: record.word("buyer_kind", BUYERS)?,
        related_buyer: record.flag("related_buyer")?,
        related_disclosed: record.flag("related_disclosed")?,
    })
}

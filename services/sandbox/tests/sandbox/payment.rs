//! The bank keeps its promises: instructions, returns and statements (RULES.md R1–R4, R6).

use crate::common::{ACCOUNT, Bank, PAYEE_NAME, Payer, identity, instruction, reason, state};
use canopy_proto::treasury::v1::{EntryKind, Instruction};

#[tokio::test]
async fn a_normal_instruction_is_credited_with_its_value_date_and_stands_on_that_days_statement() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer().on("2022-09-20");
    let status = payer.submit_one(instruction("ist_1")).await.unwrap();
    assert_eq!((state(&status), status.value_date.as_str()), ("CREDITED", "2022-09-20"));
    assert_eq!(payer.query_one("ist_1").await.unwrap(), status);
    let entry = payer.statement("2022-09-20").await.unwrap().remove(0);
    assert_eq!((entry.entry, entry.kind(), entry.amount_fen), (1, EntryKind::Credit, 5_000_000));
    assert_eq!((entry.treasury_ref, entry.value_date), (status.treasury_ref, status.value_date));
    assert_eq!((entry.instruction_id.as_str(), entry.end_to_end_id.as_str()), ("ist_1", "lin_ist_1"));
}

#[tokio::test]
async fn the_same_instruction_again_is_answered_as_before_and_booked_once() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer();
    let first = payer.submit_one(instruction("ist_1")).await.unwrap();
    let again = payer.submit(vec![instruction("ist_1"), instruction("ist_1")]).await.unwrap();
    assert_eq!(again, [first.clone(), first]);
    assert_eq!(payer.statement("2022-09-20").await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_body_under_the_same_id_is_rejected_and_the_first_stands() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer();
    let first = payer.submit_one(instruction("ist_1")).await.unwrap();
    let other = Instruction { payee_account_no: "6222029999".into(), ..instruction("ist_1") };
    let refused = payer.submit_one(other).await.unwrap();
    assert_eq!((state(&refused), refused.treasury_ref.as_str()), ("REJECTED", ""));
    assert!(!refused.reason.is_empty());
    assert_eq!(payer.query_one("ist_1").await.unwrap(), first);
    assert_eq!(payer.statement("2022-09-20").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_instruction_that_the_bank_never_had_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer();
    payer.submit_one(instruction("ist_1")).await.unwrap();
    let answers = payer.query(vec!["ist_2".into(), "ist_1".into()]).await.unwrap();
    assert_eq!((state(&answers[0]), state(&answers[1])), ("UNKNOWN", "CREDITED"));
}

#[tokio::test]
async fn a_scripted_return_is_accepted_until_its_day_and_returned_from_then() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().script("HNTE", "2022-09-23").await.unwrap();
    let payer = bank.payer();
    let accepted = payer.on("2022-09-20").submit_one(instruction("ist_1")).await.unwrap();
    assert_eq!((state(&accepted), accepted.value_date.as_str()), ("ACCEPTED", ""));
    assert_eq!(payer.on("2022-09-22").query_one("ist_1").await.unwrap(), accepted);
    assert!(payer.on("2022-09-22").statement("2022-09-23").await.unwrap().is_empty());

    let returned = payer.on("2022-09-23").query_one("ist_1").await.unwrap();
    assert_eq!((state(&returned), returned.value_date.as_str()), ("RETURNED", "2022-09-23"));
    assert_eq!(returned.treasury_ref, accepted.treasury_ref);
    let entry = payer.on("2022-09-23").statement("2022-09-23").await.unwrap().remove(0);
    assert_eq!((entry.kind(), entry.reason.as_str()), (EntryKind::Return, "账户已销户退票"));
    assert!(payer.on("2022-09-23").statement("2022-09-20").await.unwrap().is_empty());
    // Handed in again, it is answered as the first time.
    assert_eq!(payer.on("2022-09-23").submit_one(instruction("ist_1")).await.unwrap(), accepted);
}

#[tokio::test]
async fn a_script_is_used_once_so_the_next_attempt_is_credited() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    let operator = bank.operator();
    operator.script("HNTE", "2022-09-23").await.unwrap();
    let states = bank.payer().submit(vec![instruction("ist_1"), instruction("ist_2")]).await.unwrap();
    assert_eq!((state(&states[0]), state(&states[1])), ("ACCEPTED", "CREDITED"));
    // The same script again changes nothing, though the first was used.
    operator.script("HNTE", "2022-09-23").await.unwrap();
    assert_eq!(state(&bank.payer().submit_one(instruction("ist_3")).await.unwrap()), "CREDITED");
}

#[tokio::test]
async fn a_script_is_for_its_payee_its_purpose_and_value_dates_up_to_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().script("HNTE", "2022-09-23").await.unwrap();
    let later = Instruction { value_date: "2022-09-24".into(), ..instruction("ist_later") };
    let other_purpose = Instruction { purpose: "WORKSTATION".into(), ..instruction("ist_purpose") };
    let other_payee = Instruction { payee_uscc: "91420116MA4KTAHKXE".into(), ..instruction("ist_payee") };
    let on_the_day = Instruction { value_date: "2022-09-23".into(), ..instruction("ist_day") };
    let states = bank.payer().submit(vec![later, other_purpose, other_payee, on_the_day]).await.unwrap();
    let states: Vec<_> = states.iter().map(state).collect();
    assert_eq!(states, ["CREDITED", "CREDITED", "CREDITED", "ACCEPTED"]);
}

#[tokio::test]
async fn of_several_scripts_the_earliest_day_is_taken_first() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    for day in ["2022-09-27", "2022-09-23"] {
        bank.operator().script("HNTE", day).await.unwrap();
    }
    let payer = bank.payer();
    payer.submit(vec![instruction("ist_1"), instruction("ist_2"), instruction("ist_3")]).await.unwrap();
    let states = payer.query(vec!["ist_1".into(), "ist_2".into(), "ist_3".into()]).await.unwrap();
    let days: Vec<_> = states.iter().map(|status| (state(status), status.value_date.as_str())).collect();
    assert_eq!(days, [("RETURNED", "2022-09-23"), ("RETURNED", "2022-09-27"), ("CREDITED", "2022-09-20")]);
}

#[tokio::test]
async fn a_request_id_is_good_for_one_script() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    let operator = bank.operator();
    let id = uuid::Uuid::now_v7().to_string();
    operator.script_as(&id, "HNTE", "2022-09-23").await.unwrap();
    operator.script_as(&id, "HNTE", "2022-09-23").await.unwrap();
    assert_eq!(reason(operator.script_as(&id, "HNTE", "2022-09-27").await), "REQUEST_ID_REUSED");
    let states = bank.payer().submit(vec![instruction("ist_1"), instruction("ist_2")]).await.unwrap();
    assert_eq!((state(&states[0]), state(&states[1])), ("ACCEPTED", "CREDITED"));
}

#[tokio::test]
async fn a_statement_comes_in_pages_in_booking_order() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer();
    let ids: Vec<String> = (1..=5).map(|number| format!("ist_{number}")).collect();
    payer.submit(ids.iter().map(|id| instruction(id)).collect()).await.unwrap();
    let mut told = Vec::new();
    let mut after = 0;
    loop {
        let page = payer.page("2022-09-20", after, 2).await.unwrap();
        assert!(page.entries.len() <= 2);
        after = page.entries.last().unwrap().entry;
        told.extend(page.entries.into_iter().map(|entry| (entry.entry, entry.instruction_id)));
        if page.complete {
            break;
        }
    }
    assert_eq!(told, (1..).zip(ids).collect::<Vec<_>>());
    assert!(payer.page("2022-09-20", 5, 2).await.unwrap().complete);
}

#[tokio::test]
async fn a_malformed_instruction_is_refused_by_its_field_and_nothing_of_the_call_is_booked() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer();
    let broken = Instruction { value_date: "2022-02-30".into(), ..instruction("ist_2") };
    let refused = payer.submit(vec![instruction("ist_1"), broken]).await.unwrap_err();
    assert_eq!((refused.reason().name, refused.field()), ("DATE_FORMAT", Some("instructions[1].value_date")));
    let unpaid = Instruction { amount_fen: 0, ..instruction("ist_3") };
    assert_eq!(reason(payer.submit(vec![unpaid]).await), "FIELD_OUT_OF_RANGE");
    assert_eq!(reason(payer.submit(Vec::new()).await), "FIELD_MISSING");
    let answers = payer.query(vec!["ist_1".into(), "ist_3".into()]).await.unwrap();
    assert!(answers.iter().all(|status| state(status) == "UNKNOWN"));
}

#[tokio::test]
async fn only_the_suites_services_pay_and_only_those_whose_key_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    assert_eq!(reason(bank.operator().submit(instruction("ist_1")).await), "ROLE_NOT_ALLOWED");
    let stranger = Payer::new(&bank.address, identity("registry"));
    assert_eq!(reason(stranger.submit_one(instruction("ist_1")).await), "ASSERTION_ISSUER");
    let forger = Payer::new(&bank.address, identity("subsidy"));
    assert_eq!(reason(forger.submit_one(instruction("ist_1")).await), "ASSERTION_INVALID");
    assert_eq!(state(&bank.payer().query_one("ist_1").await.unwrap()), "UNKNOWN");
}

#[tokio::test]
async fn name_and_account_of_a_payee_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let payer = Bank::open(folder.path()).await.payer();
    payer.submit_one(instruction("ist_1")).await.unwrap();
    let book = std::fs::read(folder.path().join("bank.redb")).unwrap();
    let holds = |text: &str| book.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("lin_ist_1"));
    assert!(!holds(ACCOUNT) && !holds(PAYEE_NAME));
}

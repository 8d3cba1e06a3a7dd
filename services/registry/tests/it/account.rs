//! Payment accounts: corrections by day, the name check, nothing readable in the database.

use canopy_kernel::{Role, reason};
use canopy_proto::registry::v1 as pb;

use crate::refusal::refused;
use crate::rows::{account, code, firm, title};
use crate::suite::{Suite, id};

fn correction(n: usize, effective_on: &str, name: &str) -> pb::CorrectPaymentAccountRequest {
    pb::CorrectPaymentAccountRequest {
        request_id: id(),
        uscc: code(n),
        effective_on: effective_on.to_owned(),
        account: Some(pb::PaymentAccountData {
            account_no: "6299174969234365482".to_owned(),
            ..account(name)
        }),
        ..Default::default()
    }
}

async fn accounts(suite: &Suite, usccs: Vec<String>, as_of: &str) -> Vec<pb::PaymentAccount> {
    let request = pb::BatchGetPaymentAccountsRequest { usccs, as_of: as_of.to_owned() };
    let answer = suite.subjects(Role::System).batch_get_payment_accounts(request).await;
    answer.unwrap().into_inner().accounts
}

#[tokio::test]
async fn an_account_holds_from_its_day_and_its_name_is_compared_to_the_letter() {
    let suite = Suite::start().await;
    let mut misnamed = firm(1);
    misnamed.account = Some(account("武汉测试1有限责任公司"));
    let mut without = firm(2);
    without.account = None;
    suite.enter(vec![misnamed, without, firm(3)]).await;
    let mut registrar = suite.subjects(Role::Registrar);
    let corrected = registrar.correct_payment_account(correction(1, "2022-10-12", &title(1))).await;
    assert!(corrected.unwrap().into_inner().name_matches);
    let still_wrong = registrar.correct_payment_account(correction(1, "2022-10-05", "武汉测试一")).await;
    assert!(!still_wrong.unwrap().into_inner().name_matches);

    let asked = vec![code(3), code(9), code(2), code(1), code(1)];
    let answers = accounts(&suite, asked.clone(), "2022-10-11").await;
    assert_eq!(answers.iter().map(|it| it.uscc.clone()).collect::<Vec<_>>(), asked);
    let matches: Vec<_> = answers.iter().map(|it| (it.data.is_some(), it.name_matches)).collect();
    assert_eq!(matches, [(true, true), (false, false), (false, false), (true, false), (true, false)]);
    assert_eq!(answers[3].effective_on, "2022-10-05");
    assert_eq!(accounts(&suite, vec![code(1)], "2022-10-04").await[0].effective_on, "");
    let now = &accounts(&suite, vec![code(1)], "2022-10-12").await[0];
    assert!(now.name_matches);
    assert_eq!(now.data.as_ref().unwrap().account_no, "6299174969234365482");
    assert_eq!(now.data.as_ref().unwrap().account_name, title(1));
    suite.close().await;
}

#[tokio::test]
async fn unknown_payees_and_second_corrections_of_a_day_are_refused() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let mut registrar = suite.subjects(Role::Registrar);
    registrar.correct_payment_account(correction(1, "2022-10-12", &title(1))).await.unwrap();
    let before = suite.tables().await;
    let again = registrar.correct_payment_account(correction(1, "2022-10-12", &title(1))).await;
    refused(again, &reason::DUPLICATE_CORRECTION, "effective_on");
    let unknown = registrar.correct_payment_account(correction(2, "2022-10-12", &title(2))).await;
    refused(unknown, &reason::UNKNOWN_SUBJECT, "uscc");
    let no_day = registrar.correct_payment_account(correction(1, "2022-13-01", &title(1))).await;
    refused(no_day, &reason::DATE_FORMAT, "effective_on");
    let nothing = pb::CorrectPaymentAccountRequest { account: None, ..correction(1, "2022-10-13", "x") };
    refused(registrar.correct_payment_account(nothing).await, &reason::FIELD_MISSING, "account");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn no_table_of_the_database_holds_an_account_number_or_payee_name() {
    let suite = Suite::start().await;
    let mut row = firm(1);
    row.account = Some(account("秘密户名"));
    suite.enter(vec![row]).await;
    let mut registrar = suite.subjects(Role::Registrar);
    registrar.correct_payment_account(correction(1, "2022-10-12", "秘密户名")).await.unwrap();
    suite.require_unreadable(&["秘密户名", "6247378282191529852", "6299174969234365482"]).await;
    suite.close().await;
}

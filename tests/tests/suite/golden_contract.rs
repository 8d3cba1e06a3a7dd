//! Golden files of what outsiders depend on: who may call what, why a call can fail, and the wire image that
//! `buf breaking` compares with.

use std::fmt::Write as _;

use canopy_kernel::{Role, reason};
use canopy_platform::{Access, MethodTable, Sensitivity};
use canopy_tests::golden;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

#[test]
fn golden_authorization_table() {
    let mut table = String::from(
        "# Who may call what, from the options in the .proto files. R reads, W writes; * the answer holds personal data.\n",
    );
    let suite = MethodTable::of_suite().unwrap();
    let mut service = "";
    for rule in suite.iter() {
        if rule.service() != service {
            service = rule.service();
            writeln!(table, "\n{service}").unwrap();
        }
        let method = rule.path.rsplit('/').next().unwrap_or_default();
        let access = if rule.access == Access::Write { 'W' } else { 'R' };
        let personal = if rule.sensitivity == Sensitivity::Personal { '*' } else { ' ' };
        let roles: Vec<String> = rule.roles.iter().map(Role::to_string).collect();
        writeln!(table, "  {access}{personal} {:<3} {method:<32} {}", rule.cost, roles.join(" ")).unwrap();
    }
    golden::check("authorization.txt", table.as_bytes());
}

#[test]
fn every_method_of_the_suite_declares_who_may_call_it() {
    let pool = DescriptorPool::decode(canopy_proto::IMAGE).unwrap();
    let names: Vec<String> = pool
        .services()
        .map(|service| service.full_name().to_owned())
        .filter(|name| name.starts_with("canopy."))
        .collect();
    assert!(!names.is_empty());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    MethodTable::of_suite().unwrap().require_services(&names).unwrap();
}

#[test]
fn administrators_and_auditors_take_no_business_decision() {
    // An administrator's token must not stand in for two people; only reference data and the suite's own
    // operation are theirs to write.
    let theirs = ["ReferenceService", "OperationsService", "FeedService", "SandboxBankService"];
    let suite = MethodTable::of_suite().unwrap();
    let wrong: Vec<&str> = suite
        .iter()
        .filter(|rule| rule.access == Access::Write)
        .filter(|rule| {
            rule.roles.contains(&Role::Auditor)
                || rule.roles.contains(&Role::Operator)
                    && !theirs.iter().any(|name| rule.service().ends_with(name))
        })
        .map(|rule| rule.path.as_str())
        .collect();
    assert!(wrong.is_empty(), "an operator or auditor decides in {wrong:?}");
}

#[test]
fn golden_reasons() {
    let mut text = String::from(
        "# Why a call can fail\n\nCode OK is a business refusal: an answer, no error.\n\n\
         | reason | code | 原因 | cause | 怎样才能通过 | what would make it pass |\n|---|---|---|---|---|---|\n",
    );
    for known in reason::ALL {
        let code = known.code;
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            known.name, code, known.zh, known.en, known.pass_zh, known.pass_en
        )
        .unwrap();
    }
    golden::check("reasons.md", text.as_bytes());
}

#[test]
fn golden_image() {
    golden::check("image.binpb", &without_comments(canopy_proto::IMAGE));
}

/// The image less comments and positions: what stands on the wire. Options are kept.
fn without_comments(image: &[u8]) -> Vec<u8> {
    let pool = DescriptorPool::decode(image).unwrap();
    let set = pool.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let mut set = DynamicMessage::decode(set, image).unwrap();
    let mut files = set.get_field_by_name("file").unwrap().into_owned();
    for file in files.as_list_mut().unwrap() {
        let Value::Message(file) = file else { panic!("a file is a message") };
        file.clear_field_by_name("source_code_info");
    }
    set.set_field_by_name("file", files);
    set.encode_to_vec()
}

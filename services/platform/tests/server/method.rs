//! The declarations beside the methods.

use canopy_kernel::Role;
use canopy_platform::{Access, MethodTable, Sensitivity};
use prost::Message;

use crate::feed;

#[test]
fn a_declaration_is_read_whole() {
    let table = MethodTable::of_suite().unwrap();
    let rule = table.get("/canopy.treasury.v1.TreasuryService/Submit").unwrap();
    assert_eq!(rule.roles, [Role::System].into());
    assert_eq!((rule.access, rule.sensitivity, rule.cost), (Access::Write, Sensitivity::Personal, 20));
    assert_eq!(rule.service(), "canopy.treasury.v1.TreasuryService");
    let rule = table.get("/canopy.registry.v1.FeedService/Subscribe").unwrap();
    assert_eq!((rule.client_streaming, rule.server_streaming, rule.cost), (false, true, 1));
}

#[test]
fn the_table_is_in_order_of_path() {
    let table = MethodTable::of_suite().unwrap();
    let paths: Vec<&str> = table.iter().map(|rule| rule.path.as_str()).collect();
    assert!(paths.len() > 20 && paths.is_sorted());
}

#[test]
fn a_service_with_an_undeclared_method_does_not_start() {
    // Decoding without knowing the option drops it: every method is then undeclared.
    let image = prost_types::FileDescriptorSet::decode(canopy_proto::IMAGE).unwrap().encode_to_vec();
    let table = MethodTable::from_image(&image).unwrap();
    let fault = table.require_services(&[feed::NAME]).unwrap_err().to_string();
    assert!(fault.contains("/canopy.registry.v1.FeedService/"), "{fault}");
    assert!(MethodTable::of_suite().unwrap().require_services(&[feed::NAME]).is_ok());
    assert!(MethodTable::of_suite().unwrap().require_services(&["canopy.registry.v1.Nothing"]).is_err());
}

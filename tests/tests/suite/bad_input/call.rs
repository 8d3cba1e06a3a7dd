//! Calls that cannot be: an unknown method, a message that is too large, a deadline that is past, a forged page.

use canopy_kernel::Role;
use canopy_platform::metadata::{AUTHORIZATION, GRPC_TIMEOUT};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::body::Body;
use tonic::{Code, Request};

use super::world::{As, FIRM, World};
use super::year::firm;

#[tokio::test]
async fn a_call_that_cannot_be_is_not_made() {
    let world = World::start().await;
    let registrar = world.desk("qian", Role::Registrar, "").await;
    an_unknown_method_is_unimplemented(&world, &registrar).await;
    a_message_of_more_than_four_mebibytes_is_refused(&world, &registrar).await;
    a_deadline_that_is_past_is_answered_so(&world).await;
    a_page_is_no_invention(&world, &registrar).await;
    world.stop().await;
}

async fn an_unknown_method_is_unimplemented(world: &World, registrar: &As) {
    for path in [
        "/canopy.registry.v1.SubjectService/ForgetSubject",
        "/canopy.registry.v1.Oracle/Ask",
        "/canopy.oracle.v1.Oracle/Ask",
    ] {
        let mut grpc = tonic::client::Grpc::new(registrar.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<pb::GetSubjectRequest, pb::Subject>::default();
        let call = grpc.unary(Request::new(pb::GetSubjectRequest::default()), path.parse().unwrap(), codec);
        world.refuses(call, (Code::Unimplemented, "METHOD_UNKNOWN", "")).await;
    }
}

async fn a_message_of_more_than_four_mebibytes_is_refused(world: &World, registrar: &As) {
    let mut large = firm(1);
    large.title = "大".repeat(2 << 20);
    let import = pb::BatchImportEnterprisesRequest { rows: vec![large] };
    let mut subjects = SubjectServiceClient::new(registrar.clone()).max_encoding_message_size(64 << 20);
    let refused = (Code::ResourceExhausted, "MESSAGE_TOO_LARGE", "");
    world.refuses(subjects.batch_import_enterprises(import), refused).await;
}

async fn a_deadline_that_is_past_is_answered_so(world: &World) {
    // tonic's own channel starts a timer by the header and may be the first to speak; this client has none.
    let timeless = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let origin = format!("http://{}", world.address()).parse().unwrap();
    let mut subjects = SubjectServiceClient::with_origin(timeless, origin);
    let token = world.token(&["--person", "qian", "--role", "REGISTRAR"]).await;
    let mut late = Request::new(pb::BatchImportEnterprisesRequest { rows: vec![firm(1)] });
    late.metadata_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    late.metadata_mut().insert(GRPC_TIMEOUT, "0m".parse().unwrap());
    let refused = (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", "");
    world.refuses(subjects.batch_import_enterprises(late), refused).await;
}

async fn a_page_is_no_invention(world: &World, registrar: &As) {
    let mut subjects = SubjectServiceClient::new(registrar.clone());
    let page = pb::ListSubjectsRequest { page_token: "bm90IG91cnM".to_owned(), ..Default::default() };
    let invalid = (Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
    world.refuses(subjects.list_subjects(page), invalid).await;
    let page = pb::ListSubjectsRequest { page_size: -1, ..Default::default() };
    let negative = (Code::InvalidArgument, "PAGE_SIZE_INVALID", "page_size");
    world.refuses(subjects.list_subjects(page), negative).await;
    let nameless = pb::GetSubjectRequest::default();
    world.refuses(subjects.get_subject(nameless), (Code::InvalidArgument, "FIELD_MISSING", "name")).await;
    let day = pb::GetSubjectRequest { name: FIRM.to_owned(), as_of: "2022-02-30".to_owned() };
    world.refuses(subjects.get_subject(day), (Code::InvalidArgument, "DATE_FORMAT", "as_of")).await;
}

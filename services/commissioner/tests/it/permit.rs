//! The permit service as this service will hear it, stood in: its feed, from a recording.

use std::convert::Infallible;
use std::task::{Context, Poll};

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::registry::v1::feed_service_server::FeedServiceServer;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response, Uri};
use tonic::server::NamedService;
use tonic::service::Routes;

use crate::registry::World;

/// A feed of the year 2022, recorded from the register of technology contracts: a line per event (kind, number, seller,
/// buyer, type, turnover, transaction amount, day signed, day of the event).
pub const RECORDING: &str = include_str!("data/contracts_feed.tsv");

/// The feed service of any package answers the same three methods: this one under the name of permit's.
#[derive(Clone)]
struct AsPermit(FeedServiceServer<World>);

impl NamedService for AsPermit {
    const NAME: &'static str = "canopy.permit.v1.FeedService";
}

impl Service<Request<Body>> for AsPermit {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <FeedServiceServer<World> as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path().replace("canopy.permit.v1", "canopy.registry.v1");
        *request.uri_mut() = Uri::try_from(path).unwrap();
        self.0.call(request)
    }
}

/// Serves the feed of that world as the permit service's.
pub fn routes(world: &World) -> Routes {
    Routes::new(AsPermit(FeedServiceServer::new(world.clone())))
}

/// A contract of that number, price and day of registration.
pub fn contract(
    number: &str,
    parties: (&str, &str),
    turnover_fen: i64,
    on: &str,
) -> pb::TechContractRegistered {
    pb::TechContractRegistered {
        contract_no: number.to_owned(),
        seller_uscc: parties.0.to_owned(),
        buyer_uscc: parties.1.to_owned(),
        contract_type: "DEVELOPMENT".to_owned(),
        turnover_fen,
        transaction_amount_fen: turnover_fen,
        signed_on: on.to_owned(),
        registered_on: on.to_owned(),
    }
}

/// Tells that a contract's price changed.
pub fn amend(permit: &World, number: &str, turnover_fen: i64, on: &str) {
    permit.tell(&pb::TechContractAmended {
        contract_no: number.to_owned(),
        turnover_fen,
        transaction_amount_fen: turnover_fen,
        amended_on: on.to_owned(),
    });
}

/// Tells that a contract was cancelled.
pub fn cancel(permit: &World, number: &str, on: &str) {
    permit.tell(&pb::TechContractCancelled { contract_no: number.to_owned(), cancelled_on: on.to_owned() });
}

/// Plays the recorded feed.
pub fn play(permit: &World) {
    for line in RECORDING.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let fen = |cell: usize| cells[cell].parse::<i64>().unwrap();
        match cells[0] {
            "REGISTERED" => permit.tell(&pb::TechContractRegistered {
                contract_type: cells[4].to_owned(),
                transaction_amount_fen: fen(6),
                signed_on: cells[7].to_owned(),
                ..contract(cells[1], (cells[2], cells[3]), fen(5), cells[8])
            }),
            "AMENDED" => permit.tell(&pb::TechContractAmended {
                contract_no: cells[1].to_owned(),
                turnover_fen: fen(5),
                transaction_amount_fen: fen(6),
                amended_on: cells[8].to_owned(),
            }),
            "CANCELLED" => cancel(permit, cells[1], cells[8]),
            kind => panic!("a recorded event of kind {kind}"),
        }
    }
}

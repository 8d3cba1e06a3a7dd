//! The backend that gateway and nginx carry the same call to: it answers every unary call at once from memory, so
//! that what is measured is the carrying.

use bytes::Bytes;
use canopy_proto::common::v1::FeedHead;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Request, Response};
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};

/// Serves on that address until it is killed.
pub async fn serve(address: &str) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            // A caller that goes away ends its connection, which is no fault.
            let _ = speak(stream).await;
        });
    }
}

async fn speak(stream: TcpStream) -> anyhow::Result<()> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(call) = connection.accept().await {
        let (request, answer) = call?;
        tokio::spawn(async move {
            let _ = reply(request, answer).await;
        });
    }
    Ok(())
}

async fn reply(request: Request<h2::RecvStream>, mut answer: SendResponse<Bytes>) -> anyhow::Result<()> {
    let mut body = request.into_body();
    while let Some(data) = body.data().await {
        body.flow_control().release_capacity(data?.len())?;
    }
    let head = FeedHead { position: 4_711, ..FeedHead::default() }.encode_to_vec();
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(head.len())?.to_be_bytes());
    framed.extend_from_slice(&head);
    let response = Response::builder().header("content-type", "application/grpc").body(())?;
    let mut stream = answer.send_response(response, false)?;
    stream.send_data(framed.into(), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)?;
    Ok(())
}

//! A client without a timer of its own, so that the server's answer about a deadline is what is seen.

use std::net::SocketAddr;

use bytes::{BufMut, Bytes, BytesMut};
use canopy_kernel::Failure;
use canopy_platform::from_status;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;

/// Sends the message and gives the failure that the answer's head or trailers carry; `None` = answered.
pub async fn call(
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
    message: &impl Message,
) -> Option<Failure> {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.send_request(request.body(Full::new(framed(message))).unwrap()).await.unwrap();
    let head = response.headers().clone();
    let body = response.into_body().collect().await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or(head);
    let status = tonic::Status::from_header_map(&trailers).unwrap();
    (status.code() != tonic::Code::Ok).then(|| from_status(&status))
}

fn framed(message: &impl Message) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(message.encoded_len().try_into().unwrap());
    message.encode(&mut frame).unwrap();
    frame.freeze()
}

//! A server whose answers are written beforehand, over HTTP/1 and HTTP/2, and what it has seen.

use std::{convert::Infallible, future, iter, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use palisade::prelude::*;
use parking_lot::Mutex;
use tokio::net::TcpListener;

use crate::servers::{Calls, listen};

/// Gives its answers in turn, and then the last of them for ever.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    answers: Arc<[Answer]>,
    seen: Arc<Mutex<Vec<Seen>>>,
    arrived: Calls,
    connections: Calls,
    /// So many connections are accepted, and never spoken to.
    mute: usize,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) headers: HeaderMap,
    /// Nothing if it was answered unread.
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

/// What is said to a request.
#[derive(Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    trailers: Option<HeaderMap>,
    unread: bool,
    hangs: bool,
}

/// Three attempts with a millisecond between them.
pub(crate) fn retry() -> RetryLayer {
    let wait = Backoff::fixed(Duration::from_millis(1)).jitter(Jitter::None);
    RetryLayer::standard().backoff(wait).seed(1)
}

/// An answer of this status, without a body.
pub(crate) fn status(status: u16) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        trailers: None,
        unread: false,
        hangs: false,
    }
}

/// No answer, ever.
pub(crate) fn hangs() -> Answer {
    Answer { hangs: true, ..status(200) }
}

/// A gRPC status in the head, and nothing else.
pub(crate) fn grpc(code: tonic::Code) -> Answer {
    status(200)
        .header("content-type", "application/grpc")
        .header("grpc-status", &i32::from(code).to_string())
}

/// What the health service says when all is well.
pub(crate) fn healthy() -> Answer {
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), 0.into())]);
    let answer = status(200).header("content-type", "application/grpc");
    Answer { trailers: Some(trailers), ..answer.body([0, 0, 0, 0, 2, 8, 1]) }
}

impl Answer {
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into().into(), ..self }
    }

    /// It is given before the request's body is read.
    pub(crate) fn unread(self) -> Self {
        Self { unread: true, ..self }
    }

    fn into_response(self) -> Response<BoxBody<Bytes, Infallible>> {
        let body = Full::new(self.body);
        let mut response = Response::new(match self.trailers {
            Some(trailers) => body.with_trailers(future::ready(Some(Ok(trailers)))).boxed(),
            None => body.boxed(),
        });
        (*response.status_mut(), *response.headers_mut()) = (self.status, self.headers);
        response
    }
}

impl Scripted {
    pub(crate) async fn serve(answers: impl Into<Vec<Answer>>) -> Self {
        let (listener, _) = listen().await;
        Self::on(listener, 0, answers)
    }

    /// The first connection is accepted, and hears nothing.
    pub(crate) async fn mute_at_first(answers: impl Into<Vec<Answer>>) -> Self {
        let (listener, _) = listen().await;
        Self::on(listener, 1, answers)
    }

    /// Comes up at an address that was free a moment ago.
    pub(crate) fn at(address: SocketAddr, answers: impl Into<Vec<Answer>>) -> Self {
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self::on(TcpListener::from_std(listener).unwrap(), 0, answers)
    }

    fn on(listener: TcpListener, mute: usize, answers: impl Into<Vec<Answer>>) -> Self {
        let server = Self {
            address: listener.local_addr().unwrap(),
            answers: answers.into().into(),
            seen: Arc::default(),
            arrived: Calls::default(),
            connections: Calls::default(),
            mute,
        };
        tokio::spawn(server.clone().accept(listener));
        server
    }

    /// All requests that were read, or answered unread.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// Their bodies.
    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.seen.lock().iter().map(|seen| seen.body.clone()).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.seen()
    }

    async fn accept(self, listener: TcpListener) {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            self.connections.count();
            if held.len() < self.mute {
                held.push(stream);
                continue;
            }
            let server = self.clone();
            let service = service_fn(move |request| server.clone().answer(request));
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                builder.serve_connection(TokioIo::new(stream), service).await
            });
        }
    }

    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<BoxBody<Bytes, Infallible>>, hyper::Error> {
        let last = iter::repeat(self.answers.last());
        let mut answers = self.answers.iter().map(Some).chain(last);
        let answer = answers.nth(self.arrived.seen()).flatten().unwrap().clone();
        self.arrived.count();

        let (head, body) = request.into_parts();
        let mut seen = Seen { headers: head.headers, body: Bytes::new(), trailers: None };
        if !answer.unread {
            let body = body.collect().await?;
            seen.trailers = body.trailers().cloned();
            seen.body = body.to_bytes();
        }
        self.seen.lock().push(seen);
        if answer.hangs {
            future::pending::<()>().await;
        }
        Ok(answer.into_response())
    }
}

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::get;
use peers::{Answer, Page, arguments, request_id};

async fn answer(State(page): State<Arc<Page>>, asked: HeaderMap) -> Response<Body> {
    let value = |name| asked.get(name).map(|value| value.as_bytes());
    let answer = page.answer(value(header::IF_NONE_MATCH), value(header::ACCEPT_ENCODING));
    let mut response = Response::builder().header("x-request-id", request_id());
    for (name, value) in &page.headers {
        response = response.header(name, value);
    }
    if let Some(etag) = &page.etag {
        response = response.header(header::ETAG, etag);
    }
    let body = match answer {
        Answer::NotModified => return response.status(StatusCode::NOT_MODIFIED).body(Body::empty()).expect("headers"),
        Answer::Gzip(bytes) => {
            response = response.header(header::CONTENT_ENCODING, "gzip");
            bytes
        }
        Answer::Plain(bytes) => bytes,
    };
    response.header(header::CONTENT_TYPE, &page.content_type).body(Bytes::from_static(body).into()).expect("headers")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (folder, port) = arguments();
    let of = |name| get(answer).with_state(Arc::new(Page::read(&folder, name)));
    let routes: Router = Router::new().route("/", of("page")).route("/health", of("health"));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    axum::serve(listener, routes).await.expect("a server");
}

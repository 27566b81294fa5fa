use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use peers::{Answer, Page, arguments, request_id};

struct Pages {
    page: Page,
    health: Page,
}

fn answer(page: &Page, asked: &HttpRequest) -> HttpResponse {
    let value = |name| asked.headers().get(name).map(|value| value.as_bytes());
    let answer = page.answer(value(header::IF_NONE_MATCH), value(header::ACCEPT_ENCODING));
    let mut response = match answer {
        Answer::NotModified => HttpResponse::NotModified(),
        _ => HttpResponse::Ok(),
    };
    response.insert_header(("x-request-id", request_id()));
    for (name, value) in &page.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    if let Some(etag) = &page.etag {
        response.insert_header((header::ETAG, etag.as_str()));
    }
    let body = match answer {
        Answer::NotModified => return response.finish(),
        Answer::Gzip(bytes) => {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
            bytes
        }
        Answer::Plain(bytes) => bytes,
    };
    response.content_type(page.content_type.as_str()).body(web::Bytes::from_static(body))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (folder, port) = arguments();
    let read = |name| Page::read(&folder, name);
    let pages = web::Data::new(Pages { page: read("page"), health: read("health") });
    HttpServer::new(move || {
        App::new()
            .app_data(pages.clone())
            .route("/", web::get().to(|pages: web::Data<Pages>, asked: HttpRequest| async move { answer(&pages.page, &asked) }))
            .route("/health", web::get().to(|pages: web::Data<Pages>, asked: HttpRequest| async move { answer(&pages.health, &asked) }))
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

//! The port: takes connections in, serves each, and ends them.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rocket::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::server::connections::{Connections, Place};
use crate::server::front::Front;
use crate::server::link::{Link, Order, Phase};
use crate::server::shutdown::GRACE;

/// What an Application Load Balancer passes on at most. The buffer for a head grows up to it.
const LARGEST_HEAD: usize = 64 * 1024;

/// How often it is looked at who has waited for too long.
const SWEEP: Duration = Duration::from_secs(1);

/// For a client that still sends what nobody reads: closing on it would take its answer away (RFC 9112, section 9.6).
const LINGER: Duration = Duration::from_secs(2);

/// Serves the connections that `listener` takes in, until `shutdown` and the end of the requests under way.
pub(crate) async fn serve(listener: TcpListener, front: Front, connections: Connections, shutdown: Shutdown) {
    let front = Arc::new(front);
    let mut sweep = tokio::time::interval(SWEEP);
    let mut shutdown = std::pin::pin!(shutdown);
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let place = connections.place(number).await;
                    tokio::spawn(serve_connection(stream, peer, place, front.clone(), connections.clone()));
                    number += 1;
                }
                Err(error) => cannot_accept(&error).await,
            },
            _ = sweep.tick() => connections.sweep(),
            () = &mut shutdown => break,
        }
    }
    // Whoever was let in by the system is served: closing the port would send them away with their request.
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, peer)) = listener.accept() {
            let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) else { continue };
            let place = connections.place(number).await;
            tokio::spawn(serve_connection(stream, peer, place, front.clone(), connections.clone()));
            number += 1;
        }
    }
    tokio::select! {
        () = connections.closed() => {}
        () = connections.end() => {}
        () = sleep(GRACE) => tracing::warn!(seconds = GRACE.as_secs(), "ended in the middle of requests"),
    }
}

/// A client that is gone already is no trouble; anything else may go on for a while.
async fn cannot_accept(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "a connection can't be accepted");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    front: Arc<Front>,
    connections: Connections,
) {
    let link = &place.link;
    // Without it an answer in two writes may wait for the client's acknowledgement; it would be slower, not wrong.
    let _ = stream.set_nodelay(true);
    // A client that says nothing costs no buffer.
    tokio::select! {
        biased;
        _ = stream.readable() => {}
        _ = link.told(Order::Stay) => return,
    }
    let unread = AtomicBool::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        link.enter(Phase::Answering);
        unread.store(!request.body().is_end_stream(), Ordering::Relaxed);
        let (front, connections) = (&front, &connections);
        async move {
            let answer = front.answer(request, peer, || connections.are_ending()).await;
            link.enter(Phase::Sending);
            Ok::<_, Infallible>(answer)
        }
    });
    let io = TokioIo::new(Watched { stream, link: link.clone() });
    let mut server =
        http1::Builder::new().header_read_timeout(None).max_buf_size(LARGEST_HEAD).serve_connection(io, service);
    let mut known = Order::Stay;
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut server => break ended,
            order = link.told(known) => {
                // A request may have come since the order was given: it is answered.
                if order == Order::Leave && link.phase() != Phase::Answering {
                    return;
                }
                Pin::new(&mut server).graceful_shutdown();
                known = order;
            }
        }
    };
    // It ended without having read all that was sent, or was about to be.
    if ended.is_err() || unread.load(Ordering::Relaxed) {
        let stream = server.into_parts().io.into_inner().stream;
        tokio::select! {
            _ = timeout(LINGER, linger(stream)) => {}
            _ = link.told(Order::Finish) => {}
        }
    }
}

/// Reads until the client closes as well.
async fn linger(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    copy(&mut stream, &mut sink()).await.map(drop)
}

/// A connection's bytes, which tell what it waits for.
struct Watched {
    stream: TcpStream,
    link: Arc<Link>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before && self.link.phase() == Phase::Idle {
            self.link.enter(Phase::Head);
        }
        Poll::Ready(Ok(()))
    }
}

impl Watched {
    fn written(&self, count: usize) -> usize {
        if self.link.phase() == Phase::Sending {
            self.link.enter(Phase::Sending);
        }
        count
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes).map_ok(|count| self.written(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes).map_ok(|count| self.written(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when all of an answer has been written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.link.phase() == Phase::Sending {
            self.link.enter(Phase::Idle);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

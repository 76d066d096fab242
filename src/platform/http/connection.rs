//! One TCP connection: who is at the other end, how to cut it, and how long it may dawdle.
//!
//! hyper limits the wait for the next request (the keep-alive limit); [`Guarded`] adds what hyper lacks: a head must be
//! complete soon after its first byte, and a reader that stopped reading is cut. It knows nothing of HTTP but when a
//! request has begun and ended, which [`Pace`] tells it.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, Sleep, sleep};

/// One connection, as routes see it.
#[derive(Debug)]
pub struct Connection {
    /// The other end.
    pub peer: SocketAddr,
    cut: Notify,
    tokens: Mutex<BTreeSet<String>>,
    closing: watch::Receiver<bool>,
}

impl Connection {
    pub(super) fn new(peer: SocketAddr, closing: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self { peer, cut: Notify::new(), tokens: Mutex::default(), closing })
    }

    /// Ends the connection now, whatever it is doing.
    pub fn cut(&self) {
        self.cut.notify_one();
    }

    pub(super) async fn wait_for_cut(&self) {
        self.cut.notified().await;
    }

    /// Remembers that token `id` was used here; true the first time.
    pub(super) fn carries(&self, id: &str) -> bool {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        !tokens.contains(id) && tokens.insert(id.to_owned())
    }

    /// Becomes true when the server wants to stop.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.clone()
    }
}

/// When requests begin and end on a connection.
#[derive(Debug, Default)]
pub(super) struct Pace {
    begun: AtomicU64,
    busy: AtomicBool,
    aborted: AtomicBool,
}

impl Pace {
    pub fn begin(&self) {
        self.busy.store(true, Ordering::Release);
        self.begun.fetch_add(1, Ordering::AcqRel);
    }

    pub fn end(&self) {
        self.busy.store(false, Ordering::Release);
    }

    /// What is still on its way must not arrive: the kernel forgets it when the stream is dropped.
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }
}

/// A stream that fails when a request head takes too long or the reader at the other end does not read.
pub(super) struct Guarded {
    stream: TcpStream,
    pace: Arc<Pace>,
    head_limit: Duration,
    stall_limit: Duration,
    /// Requests begun when the head deadline was set, and the deadline.
    head: Option<Pin<Box<Sleep>>>,
    seen: u64,
    stall: Option<Pin<Box<Sleep>>>,
}

impl Guarded {
    pub fn new(stream: TcpStream, pace: Arc<Pace>, head_limit: Duration, stall_limit: Duration) -> Self {
        // A new connection owes us a head at once; an idle one only from its next byte on.
        let head = Some(Box::pin(sleep(head_limit)));
        Self { stream, pace, head_limit, stall_limit, head, seen: 0, stall: None }
    }

    /// Watches a write: while the kernel takes nothing, the clock runs.
    fn pace_write<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stall = None;
            return poll;
        }
        let limit = self.stall_limit;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(limit)));
        match stall.as_mut().poll(cx) {
            Poll::Ready(()) => {
                self.pace.abort();
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader stopped reading")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if self.pace.aborted.load(Ordering::Acquire) {
            // Failing only means that the kernel goes on sending what it already had.
            let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let begun = this.pace.begun.load(Ordering::Acquire);
        if begun != this.seen {
            this.seen = begun;
            this.head = None;
        }
        let before = buf.filled().len();
        let poll = Pin::new(&mut this.stream).poll_read(cx, buf);
        match &poll {
            Poll::Ready(_) => {
                let idle = !this.pace.busy.load(Ordering::Acquire);
                if idle && this.head.is_none() && buf.filled().len() > before {
                    this.head = Some(Box::pin(tokio::time::sleep_until(Instant::now() + this.head_limit)));
                }
                poll
            }
            Poll::Pending => match this.head.as_mut().map(|head| head.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => {
                    Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the request head took too long")))
                }
                _ => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.pace_write(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.pace_write(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A response body that tells the pace when it is over.
pub(super) struct Paced<B> {
    body: B,
    pace: Arc<Pace>,
}

impl<B> Paced<B> {
    pub const fn new(body: B, pace: Arc<Pace>) -> Self {
        Self { body, pace }
    }
}

impl<B> Drop for Paced<B> {
    fn drop(&mut self) {
        self.pace.end();
    }
}

impl<B: hyper::body::Body + Unpin> hyper::body::Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

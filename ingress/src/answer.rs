use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;

/// What every route gives back.
pub type Answer = Response<AnswerBody>;

/// A body that is here as a whole, or a stream of events.
#[derive(Debug)]
pub enum AnswerBody {
    /// All of it.
    Whole(Full<Bytes>),
    /// Ends when its sender is gone.
    Stream(mpsc::Receiver<Bytes>),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
            Self::Stream(chunks) => {
                chunks.poll_recv(context).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

impl From<Full<Bytes>> for AnswerBody {
    fn from(body: Full<Bytes>) -> Self {
        Self::Whole(body)
    }
}

/// Why a request is not done, and what it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400, with the reason.
    Bad(&'static str),
    /// 401, with the reason.
    Unauthorized(&'static str),
    /// 403, with the reason.
    Forbidden(&'static str),
    /// 404, with the reason.
    Unknown(&'static str),
    /// 405, with the methods that are.
    Method(&'static str),
    /// 408.
    Slow,
    /// 413.
    TooLarge,
    /// 415.
    Encoded,
    /// 429, with the seconds to wait.
    TooMany(u64),
    /// 503: too many bytes are in flight.
    Busy,
    /// 503: the queue did not confirm.
    Queue,
    /// 503: the channel is not known, and nobody can be asked.
    Settings,
}

impl Refusal {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Queue | Self::Settings => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The word in `lumi_webhooks_total`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Bad(_) => "bad_request",
            Self::Unauthorized(_) => "bad_signature",
            Self::Forbidden(_) => "forbidden",
            Self::Unknown(_) => "unknown",
            Self::Method(_) => "bad_method",
            Self::Slow => "slow",
            Self::TooLarge => "too_large",
            Self::Encoded => "encoded",
            Self::TooMany(_) => "too_many",
            Self::Busy => "busy",
            Self::Queue => "queue",
            Self::Settings => "settings",
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Bad(reason)
            | Self::Unauthorized(reason)
            | Self::Forbidden(reason)
            | Self::Unknown(reason) => reason,
            Self::Method(_) => "this method is not served here",
            Self::Slow => "the body did not come in time",
            Self::TooLarge => "the body is too large",
            Self::Encoded => "a body with a content-encoding is not taken",
            Self::TooMany(_) => "too many requests",
            Self::Busy => "too many requests are in flight",
            Self::Queue => "the queue does not confirm now",
            Self::Settings => "the settings cannot be read now",
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        // Only our own words stand between the quotes.
        let mut answer = json(
            refusal.status(),
            Bytes::from(format!("{{\"error\":\"{}\"}}\n", refusal.reason())),
        );
        let headers = answer.headers_mut();
        match refusal {
            Refusal::Method(methods) => {
                headers.insert(ALLOW, HeaderValue::from_static(methods));
            }
            Refusal::TooMany(seconds) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            Refusal::Busy | Refusal::Queue | Refusal::Settings => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            // What is left of the body is not worth reading.
            Refusal::Slow | Refusal::TooLarge => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Refusal::Bad(_)
            | Refusal::Unauthorized(_)
            | Refusal::Forbidden(_)
            | Refusal::Unknown(_)
            | Refusal::Encoded => {}
        }
        answer
    }
}

/// An empty 200: what a platform wants to hear. Allocates nothing.
pub(crate) fn accepted() -> Answer {
    Response::new(AnswerBody::Whole(Full::new(Bytes::new())))
}

pub(crate) fn json(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = of(status, "application/json", body);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A body of a type that may not be read as another.
pub(crate) fn of(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(AnswerBody::Whole(Full::new(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    answer
}

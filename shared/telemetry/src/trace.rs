use std::fmt;
use std::str::FromStr;

/// One span of a trace, as the header `traceparent` carries it (W3C Trace Context, version 00).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

/// A header that is not a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTraceError;

impl Trace {
    /// A new sampled trace with its first span.
    pub fn start() -> Self {
        Self { trace_id: nonzero(rand::random), span_id: nonzero(rand::random), flags: 1 }
    }

    /// The trace of a request: a new span of the trace it names, or a new trace.
    pub fn of(header: Option<&str>) -> Self {
        header.and_then(|text| text.parse().ok()).map_or_else(Self::start, Self::child)
    }

    /// A new span of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span_id: nonzero(rand::random), ..self }
    }

    /// The 32 hex digits that all spans of the trace share, for a log field.
    pub fn trace_id(self) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{:032x}", self.trace_id))
    }

    /// The 16 hex digits of this span.
    pub fn span_id(self) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{:016x}", self.span_id))
    }

    /// Whether the trace is to be recorded.
    pub fn sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

/// All zeros is the form's "invalid".
fn nonzero<T: Default + PartialEq>(mut draw: impl FnMut() -> T) -> T {
    loop {
        let drawn = draw();
        if drawn != T::default() {
            return drawn;
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

impl FromStr for Trace {
    type Err = ParseTraceError;

    /// A higher version is read by its first four fields, as the recommendation asks.
    fn from_str(text: &str) -> Result<Self, ParseTraceError> {
        let mut fields = text.trim().split('-');
        let version = hex(fields.next(), 2)?;
        let trace_id = hex(fields.next(), 32)?;
        let span_id = hex(fields.next(), 16)?;
        let flags = hex(fields.next(), 2)?;
        let more = fields.next().is_some();
        if version == 0xff || (version == 0 && more) || trace_id == 0 || span_id == 0 {
            return Err(ParseTraceError);
        }
        let span_id = u64::try_from(span_id).map_err(|_| ParseTraceError)?;
        let flags = u8::try_from(flags).map_err(|_| ParseTraceError)?;
        Ok(Self { trace_id, span_id, flags })
    }
}

fn hex(field: Option<&str>, digits: usize) -> Result<u128, ParseTraceError> {
    let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    field
        .filter(|text| text.len() == digits && text.bytes().all(lower))
        .and_then(|text| u128::from_str_radix(text, 16).ok())
        .ok_or(ParseTraceError)
}

impl fmt::Display for ParseTraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a traceparent")
    }
}

impl std::error::Error for ParseTraceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_written_back() {
        let example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let table = [
            (example, true),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true),
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
            ("00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
            ("", false),
        ];
        for (text, good) in table {
            assert_eq!(text.parse::<Trace>().is_ok(), good, "{text}");
        }
        assert_eq!(example.parse::<Trace>().map(|trace| trace.to_string()), Ok(example.to_owned()));
    }

    #[test]
    fn a_child_keeps_the_trace_and_a_bad_header_starts_one() {
        let parent = Trace::start();
        assert_eq!(parent.to_string().parse(), Ok(parent));
        let child = Trace::of(Some(&parent.to_string()));
        assert_eq!(child.trace_id, parent.trace_id);
        assert_ne!(child.span_id, parent.span_id);
        assert!(child.sampled());
        assert_ne!(Trace::of(Some("nonsense")).trace_id, parent.trace_id);
        assert_eq!(parent.trace_id().to_string().len() + parent.span_id().to_string().len(), 48);
    }
}

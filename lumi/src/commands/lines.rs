//! JSON lines in, JSON lines out, in order; a bad line is answered, not fatal.

use std::io::{self, BufRead as _};

use serde::de::DeserializeOwned;

/// Every line of stdin that is not blank, read or refused.
pub(super) fn stdin<T: DeserializeOwned>() -> impl Iterator<Item = io::Result<Result<T, String>>> {
    io::stdin().lock().split(b'\n').filter_map(|line| match line {
        Err(e) => Some(Err(e)),
        Ok(bytes) if bytes.trim_ascii().is_empty() => None,
        Ok(bytes) => Some(Ok(serde_json::from_slice(&bytes).map_err(|e| e.to_string()))),
    })
}

//! Answers without an end in sight: batches of rows, streamed as a file.
//!
//! A batch is read on a connection of the pool that goes back before the batch is sent, so that a slow reader holds neither a
//! connection nor a transaction, and a few batches of memory at most.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::{Channel, Sender};

use crate::store::StoreError;

/// Rows that a batch should have: enough that the statement around them costs nothing, few enough to hold.
pub const BATCH: usize = 2_000;

/// Where the rows of an export come from.
pub trait Batches: Send + 'static {
    /// The next rows as they stand in the file, or `None` after the last. An empty batch is fine.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

/// Streams all batches as a download. If a later one fails, the connection is aborted: a file is never silently short.
///
/// # Errors
/// If the first batch can't be read.
pub async fn stream<B: Batches>(file_name: &str, content_type: &'static str, mut batches: B) -> Result<Response, StoreError> {
    let first = batches.next().await?;
    let (sender, body) = Channel::new(1);
    // A task of its own reads the next batch while this one is sent. It ends when the reader hangs up.
    tokio::spawn(async move {
        let mut file = Unfinished(Some(sender));
        let mut next = Ok(first);
        while let Ok(Some(lines)) = next {
            if !file.send(lines).await {
                return;
            }
            next = batches.next().await;
        }
        match next {
            Ok(_) => file.finish(),
            Err(error) => tracing::warn!(%error, "an export was aborted"),
        }
    });
    let disposition = format!("attachment; filename=\"{file_name}\"");
    Ok(([(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], Body::new(body)).into_response())
}

/// A body that is aborted unless it is finished, also if its task panics.
struct Unfinished(Option<Sender<Bytes, Aborted>>);

#[derive(Debug, thiserror::Error)]
#[error("the export was aborted")]
struct Aborted;

impl Unfinished {
    /// Whether somebody still reads.
    async fn send(&mut self, lines: Vec<u8>) -> bool {
        match &mut self.0 {
            Some(sender) => sender.send_data(lines.into()).await.is_ok(),
            None => false,
        }
    }

    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            sender.abort(Aborted);
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    /// Yields its batches from the last to the first.
    struct Scripted(Vec<Result<Option<&'static str>, StoreError>>);

    impl Batches for Scripted {
        async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
            let next = self.0.pop().expect("asked beyond the end")?;
            Ok(next.map(|text| text.as_bytes().to_vec()))
        }
    }

    async fn read(batches: Vec<Result<Option<&'static str>, StoreError>>) -> Result<String, String> {
        let response = stream("rows.jsonl", "application/x-ndjson", Scripted(batches)).await.map_err(|error| error.to_string())?;
        assert_eq!(response.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"rows.jsonl\"");
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(body.to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn batches_follow_each_other() {
        assert_eq!(read(vec![Ok(None), Ok(Some("c\n")), Ok(Some("")), Ok(Some("a\nb\n"))]).await, Ok("a\nb\nc\n".to_owned()));
        assert_eq!(read(vec![Ok(None)]).await, Ok(String::new()));
    }

    #[tokio::test]
    async fn a_file_is_never_silently_short() {
        let lost = || Err(StoreError::Unavailable("gone".into()));
        assert!(read(vec![lost()]).await.unwrap_err().contains("gone"), "nothing was sent yet: an answer of its own");
        assert_eq!(read(vec![lost(), Ok(Some("a\n"))]).await, Err("the export was aborted".to_owned()));
        // Asked beyond its script, it panics.
        assert_eq!(read(vec![Ok(Some("a\n"))]).await, Err("the export was aborted".to_owned()));
    }
}

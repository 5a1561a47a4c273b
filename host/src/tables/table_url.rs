//! A table at a URL, asked now and then. An edition that is known already is not sent again (`ETag`, RFC 9110, 8.8.3).

use std::time::Duration;

use http::{HeaderValue, header::ETAG};

use super::{error::TableProblem, read, source::Change, table::Table};
use crate::{
    config::{Secret, TableFormat},
    outbound::{CallLimits, HttpClient},
};

/// The URL, and which edition of it is known.
pub(super) struct TableUrl {
    client: HttpClient,
    url: Secret,
    format: TableFormat,
    refresh: Duration,
    etag: Option<HeaderValue>,
    /// The revision that is served.
    revision: String,
}

impl TableUrl {
    /// Asks it for the first time.
    pub(super) async fn open(
        url: Secret,
        format: TableFormat,
        refresh: Duration,
        timeout: Duration,
        max_size: usize,
    ) -> Result<(Self, Table), TableProblem> {
        let client = HttpClient::new(CallLimits { timeout, body: max_size })?;
        let mut source = Self { client, url, format, refresh, etag: None, revision: String::new() };
        // Without an edition that is known there is nothing that could be unchanged.
        let table = source.ask().await?.ok_or(TableProblem::Status(304))?;
        Ok((source, table))
    }

    /// How long to wait before the next question.
    pub(super) fn refresh(&self) -> Duration {
        self.refresh
    }

    /// Asks whether it has changed.
    pub(super) async fn ask(&mut self) -> Change {
        let mut answer = self.client.get_unless(self.url.expose(), self.etag.as_ref()).await?;
        match answer.status.as_u16() {
            200 => {}
            304 if self.etag.is_some() => return Ok(None),
            status => return Err(TableProblem::Status(status)),
        }
        let table = read::table(&answer.body, self.format).map_err(TableProblem::Answer)?;
        // Only now: an edition that makes no sense is asked for again.
        self.etag = answer.headers.remove(ETAG);
        if self.revision == table.revision() {
            return Ok(None);
        }
        table.revision().clone_into(&mut self.revision);
        Ok(Some(table))
    }
}

//! The audit log: `/api/admin/audit-events`, and what happened with one token.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::wire::{AuditEvent, EventList, FieldCode};
use serde::Deserialize;
use tokio::task::JoinHandle;

use super::PageQuery;
use super::export::{self, Batches};
use crate::app::SharedApp;
use crate::error::ApiError;
use crate::extract::{Admin, Caller, Id, Query};
use crate::store::audit::{self, Event, Filter, Position};
use crate::store::{StoreError, tokens};

/// Rows of a page.
const PAGE: usize = 50;

/// The filter of the log: all conditions that are given hold.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Who did it.
    user: Option<UserId>,
    /// With which token, or to which.
    token: Option<TokenId>,
    /// What happened, for example `personal_access_tokens.updated`.
    event_type: Option<String>,
    /// `succeeded` or `refused`.
    outcome: Option<String>,
    /// At this instant or later, RFC 3339 in UTC.
    #[serde(default, with = "pat_core::instant::optional")]
    from: Option<Timestamp>,
    /// Before this instant.
    #[serde(default, with = "pat_core::instant::optional")]
    until: Option<Timestamp>,
    /// From this address or network, for example `10.1.2.3` or `10.0.0.0/8`.
    ip: Option<String>,
    /// `next_cursor` of the page before; an export takes none.
    cursor: Option<String>,
}

impl EventQuery {
    fn filter(&self, account: AccountId) -> Result<Filter, ApiError> {
        if matches!((self.from, self.until), (Some(from), Some(until)) if from >= until) {
            return Err(ApiError::field("until", FieldCode::Invalid));
        }
        Ok(Filter {
            account,
            user: self.user,
            token: self.token,
            event_type: parse("event_type", self.event_type.as_deref(), EventType::parse)?,
            outcome: parse("outcome", self.outcome.as_deref(), Outcome::parse)?,
            from: self.from,
            until: self.until,
            ip: parse("ip", self.ip.as_deref(), parse_network)?,
        })
    }
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/api/admin/audit-events", tag = "admin", params(EventQuery), responses((status = 200, body = EventList)))]
pub async fn list(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Query(query): Query<EventQuery>,
) -> Result<axum::Json<EventList>, ApiError> {
    let filter = query.filter(caller.session.account_id())?;
    Ok(axum::Json(page(&app, &filter, query.cursor.as_deref()).await?))
}

/// The same as JSON Lines, all of it.
#[utoipa::path(get, path = "/api/admin/audit-events/export", tag = "admin", params(EventQuery),
    responses((status = 200, body = AuditEvent, content_type = "application/x-ndjson")))]
pub async fn export(State(app): State<SharedApp>, Admin(caller): Admin, Query(query): Query<EventQuery>) -> Result<Response, ApiError> {
    let filter = query.filter(caller.session.account_id())?;
    if query.cursor.is_some() {
        return Err(ApiError::field("cursor", FieldCode::UnknownField));
    }
    Ok(export::stream("audit-events.jsonl", "application/x-ndjson", Rows::new(app, filter)).await?)
}

/// What happened with anybody's token of the account, newest first.
#[utoipa::path(get, path = "/api/admin/tokens/{id}/activity", tag = "admin", params(("id" = TokenId, Path), PageQuery),
    responses((status = 200, body = EventList)))]
pub async fn activity(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<TokenId>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<EventList>, ApiError> {
    let account = caller.session.account_id();
    tokens::find_any(&mut *app.store.conn().await?, account, id).await?.ok_or(ApiError::NotFound)?;
    Ok(axum::Json(page(&app, &Filter::token(account, id), query.cursor.as_deref()).await?))
}

/// What happened with one of one's own tokens, newest first. Of others who did something to it only their names are shown.
#[utoipa::path(get, path = "/api/personal-access-tokens/{id}/activity", tag = "personal access tokens",
    params(("id" = TokenId, Path), PageQuery), responses((status = 200, body = EventList)))]
pub async fn own_activity(
    State(app): State<SharedApp>,
    caller: Caller,
    Id(id): Id<TokenId>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<EventList>, ApiError> {
    let (account, owner) = (caller.session.account_id(), caller.session.user_id());
    let found = tokens::find(&mut *app.store.conn().await?, account, id).await?;
    found.filter(|row| row.owner_id() == Some(owner)).ok_or(ApiError::NotFound)?;
    let mut list = page(&app, &Filter::token(account, id), query.cursor.as_deref()).await?;
    for event in list.events.iter_mut().filter(|event| event.user.as_ref().is_none_or(|user| user.id != owner)) {
        *event = AuditEvent {
            ip: None,
            user_agent: None,
            client_type: None,
            client_version: None,
            agent_name: None,
            agent_session_id: None,
            agent_model: None,
            ..event.clone()
        };
    }
    Ok(axum::Json(list))
}

async fn page(app: &SharedApp, filter: &Filter, cursor: Option<&str>) -> Result<EventList, ApiError> {
    let before = parse("cursor", cursor, Position::from_cursor)?;
    // One more than a page shows whether there is another.
    let mut rows = audit::page(&mut *app.store.conn().await?, filter, before, limit(PAGE + 1)).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.position().cursor());
    Ok(EventList { events: rows.into_iter().map(Event::view).collect(), next_cursor })
}

fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn parse<T>(field: &str, text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
    text.map(|text| parse(text).ok_or_else(|| ApiError::field(field, FieldCode::Invalid))).transpose()
}

/// An address, or a network in CIDR notation.
fn parse_network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().map(|address| address.to_canonical().into());
    text.parse::<IpNet>().map(|net| net.trunc()).or_else(|_| address()).ok()
}

/// The rows of an export: a task reads the next batch while this one is written.
struct Rows {
    app: SharedApp,
    filter: Filter,
    next: Option<JoinHandle<Result<Vec<Event>, StoreError>>>,
}

impl Rows {
    fn new(app: SharedApp, filter: Filter) -> Self {
        let mut rows = Self { app, filter, next: None };
        rows.read(None);
        rows
    }

    fn read(&mut self, before: Option<Position>) {
        let (app, filter) = (self.app.clone(), self.filter.clone());
        let read = async move { audit::page(&mut *app.store.conn().await?, &filter, before, limit(export::BATCH)).await };
        self.next = Some(tokio::spawn(read));
    }
}

impl Batches for Rows {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(next) = self.next.take() else { return Ok(None) };
        let rows = next.await.map_err(|panic| StoreError::Defect(panic.into()))??;
        if let Some(last) = rows.last().filter(|_| rows.len() == export::BATCH) {
            self.read(Some(last.position()));
        }
        let mut lines = Vec::with_capacity(rows.len() * 600);
        for row in rows {
            serde_json::to_writer(&mut lines, &row.view()).map_err(|error| StoreError::Defect(error.into()))?;
            lines.push(b'\n');
        }
        Ok(Some(lines))
    }
}

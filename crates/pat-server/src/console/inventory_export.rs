//! Everyone's tokens as a file.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use pat_core::id::AccountId;
use pat_core::inventory::Sort;
use pat_core::settings::AccountSettings;
use pat_core::wire::AdminToken;
use tokio::task::JoinHandle;

use super::export::{self, Batches};
use super::inventory_query::{Format, InventoryQuery};
use crate::app::SharedApp;
use crate::error::ApiError;
use crate::extract::{Admin, Query};
use crate::store::tokens::{People, Position, Search, Target, TokenRow};
use crate::store::{self, StoreError, settings, tokens};

/// Download the account's tokens as CSV or as JSON Lines, all that match.
#[utoipa::path(get, path = "/api/admin/tokens/export", tag = "admin", params(InventoryQuery),
    responses((status = 200, content((AdminToken = "application/x-ndjson"), (String = "text/csv")))))]
pub async fn export(State(app): State<SharedApp>, Admin(caller): Admin, Query(query): Query<InventoryQuery>) -> Result<Response, ApiError> {
    let (conditions, sort, format) = query.export(&app.policy)?;
    let account = caller.session.account_id();
    let mut conn = app.store.conn().await?;
    let settings = settings::find(&mut conn, account).await?;
    let now = store::now(&mut conn).await?;
    drop(conn);
    let (file, content_type) = match format {
        Format::Csv => ("tokens.csv", "text/csv; charset=utf-8"),
        Format::Jsonl => ("tokens.jsonl", "application/x-ndjson"),
    };
    let inventory = Inventory { app, account, now, target: Target::Matching(conditions), sort };
    let rows = Rows { next: Some(inventory.read(None, People::default())), inventory, settings, format, is_first: true };
    Ok(export::stream(file, content_type, rows).await?)
}

/// Which tokens, in which order.
#[derive(Clone)]
struct Inventory {
    app: SharedApp,
    account: AccountId,
    now: Timestamp,
    target: Target,
    sort: Sort,
}

impl Inventory {
    /// Begins to read a batch, in a task of its own: the one before it is written meanwhile.
    fn read(&self, after: Option<Position>, mut people: People) -> Reading {
        let inventory = self.clone();
        tokio::spawn(async move {
            let Inventory { app, account, now, target, sort } = &inventory;
            let search = Search { account: *account, target, is_live: false, issued_before: None, now: *now };
            let mut conn = app.store.conn().await?;
            let rows = tokens::page_among(&mut conn, &search, *sort, after, export::BATCH, &mut people).await?;
            Ok((rows, people))
        })
    }
}

/// A batch that is being read, and everybody met so far.
type Reading = JoinHandle<Result<(Vec<TokenRow>, People), StoreError>>;

struct Rows {
    inventory: Inventory,
    settings: AccountSettings,
    format: Format,
    next: Option<Reading>,
    is_first: bool,
}

impl Batches for Rows {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(next) = self.next.take() else { return Ok(None) };
        let (rows, people) = next.await.map_err(|panic| StoreError::Defect(panic.into()))??;
        let last = rows.last().filter(|_| rows.len() == export::BATCH);
        self.next = last.map(|row| self.inventory.read(Some(Position::behind(row, self.inventory.sort)), people));
        let Inventory { app, now, .. } = &self.inventory;
        let views = rows.iter().map(|row| row.admin_view(&app.policy, &self.settings, *now));
        let lines = match self.format {
            Format::Csv => csv_lines(views, self.is_first),
            Format::Jsonl => json_lines(views),
        };
        self.is_first = false;
        lines.map(Some).map_err(|error| StoreError::Defect(error.into()))
    }
}

fn json_lines(tokens: impl Iterator<Item = AdminToken>) -> anyhow::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for token in tokens {
        serde_json::to_writer(&mut lines, &token)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

const COLUMNS: [&str; 20] = [
    "id",
    "kind",
    "name",
    "token_hint",
    "owner_name",
    "owner_email",
    "status",
    "scopes",
    "effective_scopes",
    "created_at",
    "expires_at",
    "paused_until",
    "paused_by",
    "last_used_at",
    "last_used_ip",
    "last_used_user_agent",
    "revoked_at",
    "revoked_by",
    "revoke_reason",
    "revoke_note",
];

fn csv_lines(tokens: impl Iterator<Item = AdminToken>, with_header: bool) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if with_header {
        writer.write_record(COLUMNS)?;
    }
    for token in tokens {
        writer.write_record(cells(token).map(harmless))?;
    }
    Ok(writer.into_inner()?)
}

/// In the order of [`COLUMNS`].
fn cells(AdminToken { token, kind, owner }: AdminToken) -> [String; COLUMNS.len()] {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let (owner_name, owner_email) = owner.map(|owner| (owner.name, owner.email)).unwrap_or_default();
    [
        token.id.to_string(),
        kind.as_str().to_owned(),
        token.name,
        token.token_hint,
        owner_name,
        owner_email,
        token.status.as_str().to_owned(),
        token.scopes.join(" "),
        token.effective_scopes.join(" "),
        token.created_at.to_string(),
        instant(token.expires_at),
        instant(token.paused_until),
        token.paused_by.map(|person| person.name).unwrap_or_default(),
        instant(token.last_used_at),
        token.last_used_ip.unwrap_or_default(),
        token.last_used_user_agent.unwrap_or_default(),
        instant(token.revoked_at),
        token.revoked_by.map(|person| person.name).unwrap_or_default(),
        token.revoke_reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
        token.revoke_note.unwrap_or_default(),
    ]
}

/// A cell that no spreadsheet runs: what would begin a formula gets an apostrophe before it.
fn harmless(cell: String) -> String {
    let begins_formula = |first| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if cell.starts_with(begins_formula) { format!("'{cell}") } else { cell }
}

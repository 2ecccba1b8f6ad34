//! What of a row goes into the seal.

use jiff::Timestamp;
use uuid::Uuid;

use super::key::Key;

/// A row of the log with what it refers to. Everything that was written, the personal fields as commitments.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Whose log it stands in.
    pub account_id: Uuid,
    /// When, in microseconds.
    pub time: Timestamp,
    /// Its id. Rows are sealed in the order of time and id.
    pub id: Uuid,
    /// Which principal it refers to.
    pub principal_id: Option<i64>,
    /// Which client it refers to.
    pub client_id: Option<i64>,
    /// What happened.
    pub event_type: &'a str,
    /// How it ended.
    pub outcome: &'a str,
    /// Why it was refused.
    pub reason: Option<&'a str>,
    /// The Web API method.
    pub method: Option<&'a str>,
    /// As Postgres writes a `jsonb`: members sorted, no white space of the sender's.
    pub context: &'a str,
    /// The request.
    pub request_id: Option<Uuid>,
    /// The browser session.
    pub session_id: Option<Uuid>,
    /// The principal, if it is there.
    pub principal: Option<Principal<'a>>,
    /// The client, if it is there.
    pub client: Option<Client<'a>>,
}

/// Who acted, without what is personal.
#[derive(Clone, Copy, Debug)]
pub struct Principal<'a> {
    /// Whose log it belongs to.
    pub account_id: Uuid,
    /// The person.
    pub user_id: Option<Uuid>,
    /// The token.
    pub token_id: Option<Uuid>,
    /// Stands for names and e-mail address.
    pub commitment: &'a [u8],
}

/// From where, without what is personal, which is all of it.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// Whose log it belongs to.
    pub account_id: Uuid,
    /// Stands for address and agent texts.
    pub commitment: &'a [u8],
}

/// The keyed hash of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowHash(pub(super) [u8; 32]);

/// The beginning of a row's hash: enough to see which rows of a minute differ, too little to be worth more bytes.
pub type Trace = [u8; 8];

impl Row<'_> {
    /// Hashes the row, every field after its length, so that nothing can move from one into the next.
    pub fn hash(&self, key: &Key) -> RowHash {
        let mut hasher = blake3::Hasher::new_keyed(&key.rows);
        let mut field = |bytes: Option<&[u8]>| {
            let length = bytes.map_or(u32::MAX, |bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX));
            hasher.update(&length.to_le_bytes());
            hasher.update(bytes.unwrap_or_default());
        };
        field(Some(self.account_id.as_bytes()));
        field(Some(&self.time.as_microsecond().to_le_bytes()));
        field(Some(self.id.as_bytes()));
        field(self.principal_id.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        field(self.client_id.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        field(Some(self.event_type.as_bytes()));
        field(Some(self.outcome.as_bytes()));
        field(self.reason.map(str::as_bytes));
        field(self.method.map(str::as_bytes));
        field(Some(self.context.as_bytes()));
        field(self.request_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(self.session_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(self.principal.as_ref().map(|principal| principal.account_id.as_bytes().as_slice()));
        field(self.principal.as_ref().and_then(|principal| principal.user_id.as_ref()).map(|id| id.as_bytes().as_slice()));
        field(self.principal.as_ref().and_then(|principal| principal.token_id.as_ref()).map(|id| id.as_bytes().as_slice()));
        field(self.principal.map(|principal| principal.commitment));
        field(self.client.as_ref().map(|client| client.account_id.as_bytes().as_slice()));
        field(self.client.map(|client| client.commitment));
        RowHash(*hasher.finalize().as_bytes())
    }
}

impl RowHash {
    /// Its beginning.
    pub fn trace(self) -> Trace {
        self.0.first_chunk().copied().unwrap_or_default()
    }
}

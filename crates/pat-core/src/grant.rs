//! What a user may grant, and the decisions to mint and to edit a token (P1, P2, P5–P10).
//!
//! Callers pass facts that they have read under the locks of a change (design section 6); these functions only decide.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use crate::id::TokenId;
use crate::name::{MAX_NAME_CHARS, NameError, TokenName};
use crate::pause::MAX_PAUSE_DAYS;
use crate::policy::{Policy, Scope};
use crate::scope::{GrantedScopes, MAX_SCOPES, ScopeId, ScopeSet};
use crate::settings::AccountSettings;
use crate::token::{TokenKind, TokenStatus, Version};
use crate::wire::{Choices, CreateToken, EditToken, FieldCode, FieldError, ScopeChoice, TakenBy};

/// The scopes that these roles add, joined with those of everyone. A role that the policy doesn't know adds nothing.
pub fn scopes_of_roles<S: AsRef<str>>(policy: &Policy, roles: &[S]) -> ScopeSet {
    roles.iter().filter_map(|name| policy.role(name.as_ref())).fold(policy.everyone(), |scopes, role| scopes.union(role.adds))
}

/// P1: what a user with these roles may grant now.
pub fn grantable<S: AsRef<str>>(policy: &Policy, roles: &[S], account: &AccountSettings) -> ScopeSet {
    scopes_of_roles(policy, roles).intersection(account.supported(policy, TokenKind::Personal))
}

/// Of the scopes on a token of this kind those in the answer are effective now. `roles` are its owner's; an organization token has none.
pub fn usable<S: AsRef<str>>(policy: &Policy, kind: TokenKind, roles: &[S], account: &AccountSettings) -> ScopeSet {
    match kind {
        TokenKind::Personal => scopes_of_roles(policy, roles).intersection(account.usable(policy, kind)),
        TokenKind::Organization => account.usable(policy, kind),
    }
}

/// Whoever a token is to belong to, and what may be granted on it.
#[derive(Debug)]
pub struct Grantor<'a> {
    policy: &'a Policy,
    account: &'a AccountSettings,
    grantable: ScopeSet,
    supported: ScopeSet,
    /// How many live tokens there may be.
    cap: Option<u32>,
    live: &'a [LiveToken],
}

/// What is asked of the holder's other tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// Its id.
    pub id: TokenId,
    /// See [`TokenName::key`].
    pub name_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its last use.
    pub last_used_at: Option<Timestamp>,
}

/// A token that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mint {
    /// Its name.
    pub name: TokenName,
    /// Its scopes.
    pub scopes: ScopeSet,
    /// When it ends; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// Why a token can't be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MintRefusal {
    /// A workspace admin stopped the creation of tokens, and says why.
    CreationStopped(String),
    /// Fields to mend.
    Invalid(Vec<FieldError>),
    /// The user has as many live tokens as allowed (P8).
    TokenLimit(u32),
}

impl<'a> Grantor<'a> {
    /// A user with these roles (P1), whose tokens `live` are neither revoked nor expired.
    pub fn user<S: AsRef<str>>(policy: &'a Policy, roles: &[S], account: &'a AccountSettings, live: &'a [LiveToken]) -> Self {
        let supported = account.supported(policy, TokenKind::Personal);
        Self { policy, account, grantable: grantable(policy, roles, account), supported, cap: Some(account.token_cap), live }
    }

    /// The account itself (P12), whose organization tokens `live` are neither revoked nor expired. The cap is one a user (P8).
    pub fn account(policy: &'a Policy, account: &'a AccountSettings, live: &'a [LiveToken]) -> Self {
        let supported = account.supported(policy, TokenKind::Organization);
        Self { policy, account, grantable: supported, supported, cap: None, live }
    }

    /// The form of `GET /api/scopes`.
    pub fn choices(&self, now: Timestamp) -> Choices {
        let scopes = self.policy.rows(self.grantable).map(Scope::choice);
        let Self { account, .. } = self;
        Choices { scopes: scopes.collect(), expirations: account.expiration.offer(now), creation_stopped: account.creation_stopped.clone() }
    }

    /// Decides on a new token.
    ///
    /// # Errors
    /// Every field that must be mended, or the limit.
    pub fn mint(&self, request: &CreateToken, now: Timestamp, time_zones: &TimeZoneDatabase) -> Result<Mint, MintRefusal> {
        if let Some(message) = &self.account.creation_stopped {
            return Err(MintRefusal::CreationStopped(message.clone()));
        }
        let name = self.name(&request.name, None);
        let expiration = request.expiration.as_ref().ok_or(FieldCode::Required);
        let expires_at = expiration
            .and_then(|wanted| self.account.expiration.resolve(wanted, now, time_zones))
            .map_err(|code| vec![FieldError::new("expiration", code)]);
        let scopes = self.scopes(&request.scopes, &GrantedScopes::default());
        let reached = self.cap.filter(|cap| exceeds(self.live.len(), *cap));
        match (name, expires_at, scopes, reached) {
            (Ok(_), Ok(_), Ok(_), Some(cap)) => Err(MintRefusal::TokenLimit(cap)),
            (Ok(name), Ok(expires_at), Ok(scopes), None) => Ok(Mint { name, scopes: scopes.known, expires_at }),
            (name, expires_at, scopes, _) => {
                Err(MintRefusal::Invalid([name.err(), expires_at.err(), scopes.err()].into_iter().flatten().flatten().collect()))
            }
        }
    }

    /// Decides on an edit of `token`, which the client saw as `seen`.
    ///
    /// # Errors
    /// See [`EditRefusal`].
    pub fn edit(&self, token: &EditableToken, seen: Version, request: &EditToken) -> Result<Edit, EditRefusal> {
        if token.status.is_dead() {
            return Err(EditRefusal::Dead(token.status));
        }
        if token.version != seen {
            return Err(EditRefusal::Stale);
        }
        let name = request.name.as_ref().map_or_else(|| Ok(token.name.clone()), |name| self.name(name, Some(token.id)));
        let scopes = request.scopes.as_ref().map_or_else(|| Ok(token.granted.clone()), |names| self.scopes(names, &token.granted));
        match (name, scopes) {
            (Ok(name), Ok(granted)) => Ok(Edit { name, granted }),
            (name, scopes) => Err(EditRefusal::Invalid([name.err(), scopes.err()].into_iter().flatten().flatten().collect())),
        }
    }

    /// P7; the token `except` may keep its own name.
    fn name(&self, text: &str, except: Option<TokenId>) -> Result<TokenName, Vec<FieldError>> {
        let name = TokenName::parse(text).map_err(|error| vec![FieldError::new("name", error.into())])?;
        let key = name.key();
        match self.live.iter().find(|other| Some(other.id) != except && other.name_key == key) {
            None => Ok(name),
            Some(other) => Err(vec![FieldError {
                taken_by: Some(Box::new(TakenBy { id: other.id, created_at: other.created_at, last_used_at: other.last_used_at })),
                ..FieldError::new("name", FieldCode::Taken)
            }]),
        }
    }

    /// P2 and P8: the whole set or every reason against it. What `granted` holds already may stay, masked or unknown as it is.
    fn scopes(&self, names: &[String], granted: &GrantedScopes) -> Result<GrantedScopes, Vec<FieldError>> {
        if names.is_empty() {
            return Err(vec![FieldError::new("scopes", FieldCode::Required)]);
        }
        if names.len() > MAX_SCOPES + granted.unknown.len() {
            return Err(vec![FieldError::new("scopes", FieldCode::TooLong)]);
        }
        let mut wanted = GrantedScopes::default();
        let mut errors = Vec::new();
        for name in names {
            match self.policy.scope_id(name) {
                Some(id) if wanted.known.contains(id) => errors.push(FieldError::scope(name, FieldCode::Duplicate)),
                Some(id) if self.grantable.contains(id) || granted.known.contains(id) => wanted.known.insert(id),
                Some(id) => errors.push(self.not_grantable(id, name)),
                None if wanted.unknown.contains(name) => errors.push(FieldError::scope(name, FieldCode::Duplicate)),
                None if granted.unknown.contains(name) => wanted.unknown.push(name.clone()),
                None => errors.push(FieldError::scope(name, FieldCode::UnknownScope)),
            }
        }
        if errors.is_empty() { Ok(wanted) } else { Err(errors) }
    }

    fn not_grantable(&self, id: ScopeId, scope: &str) -> FieldError {
        let is_supported = self.supported.contains(id);
        let roles: Vec<_> = self.policy.roles().iter().filter(|role| is_supported && role.adds.contains(id)).collect();
        let labels: Vec<_> = roles.iter().map(|role| role.label.as_str()).collect();
        let message = match labels.as_slice() {
            [] if is_supported => format!("No role allows {scope}."),
            [] => format!("Your account doesn't support {scope} now."),
            labels => format!("Your roles don't allow {scope}. It needs the role {}.", labels.join(" or ")),
        };
        FieldError {
            message,
            roles: Some(roles.iter().map(|role| role.name.clone()).collect()),
            ..FieldError::scope(scope, FieldCode::NotGrantable)
        }
    }
}

fn exceeds(live: usize, cap: u32) -> bool {
    u32::try_from(live).map_or(true, |live| live >= cap)
}

/// A token as the decision on an edit sees it.
#[derive(Clone, Debug)]
pub struct EditableToken {
    /// Its id.
    pub id: TokenId,
    /// Its name now.
    pub name: TokenName,
    /// Its scopes now.
    pub granted: GrantedScopes,
    /// Its status now.
    pub status: TokenStatus,
    /// Its version now.
    pub version: Version,
}

/// What to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The name from now on.
    pub name: TokenName,
    /// The scopes from now on.
    pub granted: GrantedScopes,
}

/// Why an edit is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditRefusal {
    /// Expired or revoked (P10).
    Dead(TokenStatus),
    /// It was changed since the client saw it.
    Stale,
    /// Fields to mend.
    Invalid(Vec<FieldError>),
}

impl Scope {
    /// As a form offers it.
    pub fn choice(&self) -> ScopeChoice {
        ScopeChoice { name: self.name.clone(), description: self.description.clone(), group: self.group.clone(), access: self.access }
    }
}

impl From<NameError> for FieldCode {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Empty => Self::Required,
            NameError::TooLong => Self::TooLong,
            NameError::ControlCharacter => Self::ControlCharacters,
        }
    }
}

impl FieldError {
    /// A refusal with the usual words for its code.
    pub fn new(field: &str, code: FieldCode) -> Self {
        let message = match code {
            FieldCode::Required if field == "scopes" => "Choose at least one scope.".to_owned(),
            FieldCode::Required if field == "roles" || field == "to" => "Choose at least one role.".to_owned(),
            FieldCode::Required => format!("{field} is required."),
            FieldCode::TooLong if field == "name" => {
                format!("The name may have at most {MAX_NAME_CHARS} characters.")
            }
            FieldCode::TooLong if field == "scopes" => "The request names more scopes than exist.".to_owned(),
            FieldCode::TooLong => format!("{field} is too long."),
            FieldCode::TooShort => format!("{field} is too short."),
            FieldCode::ControlCharacters => format!("{field} may not hold control characters."),
            FieldCode::Taken if field == "email" => "Somebody has this e-mail address already.".to_owned(),
            FieldCode::Taken => "One of your live tokens has this name. Names are compared without regard to case.".to_owned(),
            FieldCode::NotOffered => "Choose 7, 30, 60 or 90 days, a date, or no expiration.".to_owned(),
            FieldCode::InvalidDate => "There is no such date. Write it as YYYY-MM-DD.".to_owned(),
            FieldCode::Past if field.ends_with("until") => "The instant is over. Choose a later one.".to_owned(),
            FieldCode::Past => "The date is over. Choose today or later.".to_owned(),
            FieldCode::TooFar if field.ends_with("until") => format!("A pause lasts at most {MAX_PAUSE_DAYS} days."),
            FieldCode::TooFar => "The date is more than 100 years ahead.".to_owned(),
            FieldCode::UnknownTimeZone => "There is no such time zone. Use an IANA name such as Europe/Paris.".to_owned(),
            FieldCode::ExpirationRequired => "Your account requires an expiration.".to_owned(),
            FieldCode::ExceedsMaximum => "The token would outlive your account's maximum lifetime.".to_owned(),
            FieldCode::UnknownScope => "There is no such scope.".to_owned(),
            FieldCode::Duplicate if field == "scopes" => "The scope is named twice.".to_owned(),
            FieldCode::Duplicate => format!("{field} is there already."),
            FieldCode::NotGrantable => "Your roles don't allow this scope.".to_owned(),
            FieldCode::UnknownField => format!("{field} is not a field of this request."),
            FieldCode::Invalid => format!("{field} is not valid."),
        };
        Self { field: field.to_owned(), code, message, scope: None, roles: None, taken_by: None }
    }

    /// Of a name that is no scope, an answer repeats the beginning only.
    fn scope(scope: &str, code: FieldCode) -> Self {
        let scope: String = scope.chars().take(MAX_NAME_CHARS).collect();
        let words = Self::new("scopes", code).message;
        Self { message: format!("{scope}: {words}"), scope: Some(scope), ..Self::new("scopes", code) }
    }
}

//! `/api/admin/users` and `/api/admin/roles`: who can do what, for workspace admins.

use axum::extract::State;
use axum::http::StatusCode;
use pat_core::email::MAX_EMAIL_BYTES;
use pat_core::id::UserId;
use pat_core::policy::Policy;
use pat_core::wire::{
    AdminUser, FieldCode, Invite, Invited, PasswordLink, RoleChoice, RoleList, RolesPreview, SetRoles, UserList, UserState,
};
use serde::Deserialize;
use serde_json::json;

use crate::app::SharedApp;
use crate::error::ApiError;
use crate::extract::{Admin, Caller, Id, Json, Query};
use crate::store::people::{self, Filter, Position};
use crate::{change, cursor};

const PAGE: usize = 50;

/// The filter of the list: all that is given must hold.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Part of a name or e-mail address, in any case.
    search: Option<String>,
    /// The stored name of a role.
    role: Option<String>,
    /// Only people in this state.
    state: Option<UserState>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ListQuery {
    fn filter(self, policy: &Policy) -> Result<Filter, ApiError> {
        Ok(Filter {
            search: self.search.map(|text| check_search(&text)).transpose()?.filter(|text| !text.is_empty()),
            role: self.role.map(|role| check_role(policy, role)).transpose()?,
            state: self.state,
            after: self.cursor.map(|text| check_cursor(&text)).transpose()?,
        })
    }
}

fn check_search(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        Err(ApiError::field("search", FieldCode::ControlCharacters))
    } else if text.len() > MAX_EMAIL_BYTES {
        Err(ApiError::field("search", FieldCode::TooLong))
    } else {
        Ok(text.to_owned())
    }
}

fn check_role(policy: &Policy, role: String) -> Result<String, ApiError> {
    if policy.role(&role).is_some() { Ok(role) } else { Err(ApiError::field("role", FieldCode::Invalid)) }
}

fn check_cursor(text: &str) -> Result<Position, ApiError> {
    // Postgres takes no NUL.
    let position = cursor::decode::<Position>(text).filter(|position| !position.name_key.contains('\0'));
    position.ok_or_else(|| ApiError::field("cursor", FieldCode::Invalid))
}

/// List people by name.
#[utoipa::path(get, path = "/api/admin/users", tag = "admin", params(ListQuery), responses((status = 200, body = UserList)))]
pub async fn list(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<UserList>, ApiError> {
    let filter = query.filter(&app.policy)?;
    let mut conn = app.store.conn().await?;
    // One more than a page shows whether there is another.
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = people::list(&mut conn, caller.session.account_id(), caller.session.read_at(), &filter, limit).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| cursor::encode(&json!(row.position())));
    Ok(axum::Json(UserList { users: rows.iter().map(|row| row.view(&app.policy)).collect(), next_cursor }))
}

/// Read one person.
#[utoipa::path(get, path = "/api/admin/users/{id}", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 200, body = AdminUser)))]
pub async fn read(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<UserId>) -> Result<axum::Json<AdminUser>, ApiError> {
    let Caller { session, .. } = &caller;
    let row = people::find_person(&mut *app.store.conn().await?, session.account_id(), session.read_at(), id).await?;
    Ok(axum::Json(row.ok_or(ApiError::NotFound)?.view(&app.policy)))
}

/// Invite a person. The answer holds a one-time link that sets their password, shown once; it works for 72 hours.
#[utoipa::path(post, path = "/api/admin/users", tag = "admin", request_body = Invite, responses((status = 201, body = Invited)))]
pub async fn invite(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Json(request): Json<Invite>,
) -> Result<(StatusCode, axum::Json<Invited>), ApiError> {
    let invited = change::people::invite(&app, caller.asker(), &request).await?;
    Ok((StatusCode::CREATED, axum::Json(invited)))
}

/// Make a new one-time link, for an invitation that was lost or a forgotten password. Earlier links end, and so do all sessions.
#[utoipa::path(post, path = "/api/admin/users/{id}/password-link", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 200, body = PasswordLink)))]
pub async fn create_password_link(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<UserId>,
) -> Result<axum::Json<PasswordLink>, ApiError> {
    Ok(axum::Json(change::people::create_password_link(&app, caller.asker(), id).await?))
}

/// See what a change of roles would take from live tokens.
#[utoipa::path(post, path = "/api/admin/users/{id}/roles/preview", tag = "admin", request_body = SetRoles,
    params(("id" = UserId, Path)), responses((status = 200, body = RolesPreview)))]
pub async fn preview_roles(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<UserId>,
    Json(request): Json<SetRoles>,
) -> Result<axum::Json<RolesPreview>, ApiError> {
    let mut conn = app.store.conn().await?;
    Ok(axum::Json(change::roles::preview(&app, &mut conn, caller.session.account_id(), id, &request).await?))
}

/// Set a person's roles, seen as `from`. Scopes that only a lost role allowed are struck from their live tokens, for good.
#[utoipa::path(put, path = "/api/admin/users/{id}/roles", tag = "admin", request_body = SetRoles, params(("id" = UserId, Path)),
    responses((status = 200, body = AdminUser)))]
pub async fn set_roles(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<UserId>,
    Json(request): Json<SetRoles>,
) -> Result<axum::Json<AdminUser>, ApiError> {
    Ok(axum::Json(change::roles::set(&app, caller.asker(), id, &request).await?))
}

/// Deactivate a person. Their tokens are revoked for good, and their sessions end.
#[utoipa::path(post, path = "/api/admin/users/{id}/deactivate", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 200, body = AdminUser)))]
pub async fn deactivate(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<UserId>) -> Result<axum::Json<AdminUser>, ApiError> {
    Ok(axum::Json(change::people::deactivate(&app, caller.asker(), id).await?))
}

/// Let a deactivated person in again. Their tokens stay revoked.
#[utoipa::path(post, path = "/api/admin/users/{id}/reactivate", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 200, body = AdminUser)))]
pub async fn reactivate(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<UserId>) -> Result<axum::Json<AdminUser>, ApiError> {
    Ok(axum::Json(change::people::reactivate(&app, caller.asker(), id).await?))
}

/// End all of a person's sessions.
#[utoipa::path(delete, path = "/api/admin/users/{id}/sessions", tag = "admin", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn end_sessions(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<UserId>) -> Result<StatusCode, ApiError> {
    change::people::end_sessions(&app, caller.asker(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every role that can be chosen.
#[utoipa::path(get, path = "/api/admin/roles", tag = "admin", responses((status = 200, body = RoleList)))]
pub async fn roles(State(app): State<SharedApp>, Admin(_): Admin) -> axum::Json<RoleList> {
    let roles = app.policy.roles().iter().map(|role| RoleChoice {
        name: role.name.clone(),
        label: role.label.clone(),
        description: role.description.clone(),
        scopes: app.policy.scope_names(role.adds),
    });
    axum::Json(RoleList { roles: roles.collect() })
}

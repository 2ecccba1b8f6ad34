//! The tables, as Diesel sees them, but for the audit log's, of which only [`audit`](super::audit) knows. `tests/it/schema.rs` holds them against a migrated database.

#![expect(missing_docs, reason = "the migrations document tables and columns")]

diesel::table! {
    accounts (id) { id -> Uuid, name -> Text, stamp -> Uuid, created_at -> Timestamptz }
}

diesel::table! {
    account_settings (account_id) {
        account_id -> Uuid,
        features -> Array<Text>,
        blocked_scopes -> Array<Text>,
        max_lifetime_days -> Nullable<Integer>,
        never_allowed -> Bool,
        token_cap -> Integer,
        version -> Integer,
        features_strength -> Text,
        blocked_scopes_strength -> Text,
        max_lifetime_strength -> Text,
        never_strength -> Text,
        unused_days -> Nullable<Integer>,
        unused_strength -> Text,
        unused_from -> Nullable<Timestamptz>,
        creation_stopped -> Nullable<Text>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        account_id -> Uuid,
        wire_id -> BigInt,
        email -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        stamp -> Uuid,
        created_at -> Timestamptz,
        deactivated_at -> Nullable<Timestamptz>,
        name_key -> Text,
        search_key -> Text,
    }
}

diesel::table! {
    user_roles (account_id, user_id, role) { account_id -> Uuid, user_id -> Uuid, role -> Text }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        account_id -> Uuid,
        user_id -> Uuid,
        digest -> Binary,
        created_at -> Timestamptz,
        authenticated_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ip -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    password_links (digest) {
        digest -> Binary,
        account_id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    tokens (id) {
        id -> Uuid,
        account_id -> Uuid,
        kind -> Text,
        owner_id -> Nullable<Uuid>,
        digest -> Binary,
        hint -> Text,
        name -> Text,
        name_key -> Text,
        scopes -> Array<Text>,
        version -> Integer,
        parent_id -> Nullable<Uuid>,
        replaces_id -> Nullable<Uuid>,
        created_via -> Text,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        paused_until -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        revoked_by -> Nullable<Uuid>,
        revoke_reason -> Nullable<Text>,
        paused_by -> Nullable<Uuid>,
        revoke_note -> Nullable<Text>,
    }
}

diesel::table! {
    token_usage (token_id) {
        token_id -> Uuid,
        account_id -> Uuid,
        last_used_at -> Nullable<Timestamptz>,
        ip -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    token_changes (id) {
        id -> Uuid,
        account_id -> Uuid,
        act -> Jsonb,
        target -> Jsonb,
        issued_before -> Timestamptz,
        state -> Text,
        matched -> BigInt,
        done -> BigInt,
        last_id -> Nullable<Uuid>,
        asked_by -> Nullable<Uuid>,
        request_id -> Uuid,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        runner -> Nullable<Uuid>,
        heartbeat -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    cli_sign_ins (id) {
        id -> Uuid,
        digest -> Binary,
        challenge -> Nullable<Binary>,
        callback -> Nullable<Text>,
        user_code -> Nullable<Text>,
        poll_seconds -> Nullable<Integer>,
        polled_at -> Nullable<Timestamptz>,
        ip -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
        account_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        session_id -> Nullable<Uuid>,
        is_approved -> Nullable<Bool>,
        wanted -> Nullable<Jsonb>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        spent_at -> Nullable<Timestamptz>,
        token_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    resources (account_id, kind, identifier) {
        account_id -> Uuid,
        kind -> Text,
        identifier -> Text,
        body -> Jsonb,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    audit_seals (starts_at) {
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        row_count -> BigInt,
        digest -> Binary,
        previous -> Binary,
        key_id -> Binary,
        seal -> Binary,
        sealed_at -> Timestamptz,
    }
}

diesel::table! {
    audit_seal_traces (starts_at) {
        starts_at -> Timestamptz,
        traces -> Binary,
    }
}

diesel::table! {
    audit_prunings (starts_at) {
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        key_id -> Binary,
        seal -> Binary,
        pruned_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(accounts, account_settings, users, user_roles, sessions, tokens, token_usage);

diesel::define_sql_function! {
    /// The primary's clock; a test replaces it in its own database.
    fn pat_now() -> Timestamptz;
}

diesel::define_sql_function! {
    /// In lower case, as the database has it.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

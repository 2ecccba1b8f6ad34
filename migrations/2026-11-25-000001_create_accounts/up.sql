-- The one clock of every statement, so that expiry is as exact as the primary's clock (design section 6).
-- A test replaces it in its own database.
CREATE FUNCTION pat_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT statement_timestamp() $$;

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    stamp uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT pat_now()
);
COMMENT ON TABLE accounts IS 'Customer workspaces. Never deleted, only emptied.';
COMMENT ON COLUMN accounts.stamp IS 'Authority stamp: random, replaced by every account-wide change to what tokens may do. Compared for equality only.';

CREATE TABLE account_settings (
    account_id uuid PRIMARY KEY REFERENCES accounts,
    features text[] NOT NULL DEFAULT '{}' CHECK (array_position(features, NULL) IS NULL),
    blocked_scopes text[] NOT NULL DEFAULT '{}' CHECK (array_position(blocked_scopes, NULL) IS NULL),
    max_lifetime_days integer CHECK (max_lifetime_days > 0),
    never_allowed boolean NOT NULL DEFAULT true,
    token_cap integer NOT NULL DEFAULT 50 CHECK (token_cap >= 0)
);
COMMENT ON TABLE account_settings IS 'What an account''s tokens may be. A change gives the account a new stamp.';
COMMENT ON COLUMN account_settings.blocked_scopes IS 'Masked: neither granted nor effective while they stand here.';
COMMENT ON COLUMN account_settings.max_lifetime_days IS 'In days of 24 hours.';

CREATE TABLE users (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    wire_id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) UNIQUE,
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '%_@_%'),
    name text NOT NULL CHECK (name <> ''),
    password_hash text,
    stamp uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    deactivated_at timestamptz,
    UNIQUE (account_id, id)
);
COMMENT ON TABLE users IS 'People. Never deleted, only emptied.';
COMMENT ON COLUMN users.wire_id IS 'DX shows its base64 as the user''s id.';
COMMENT ON COLUMN users.stamp IS 'Authority stamp: random, replaced by every change to what the user''s tokens may do. Compared for equality only.';
COMMENT ON COLUMN users.password_hash IS 'argon2id, PHC string. NULL until a one-time link was redeemed.';

CREATE TABLE user_roles (
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role <> ''),
    PRIMARY KEY (account_id, user_id, role),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX user_roles_by_role ON user_roles (account_id, role);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    authenticated_at timestamptz NOT NULL DEFAULT pat_now(),
    last_seen_at timestamptz NOT NULL DEFAULT pat_now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ip inet,
    user_agent text,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX sessions_by_user ON sessions (account_id, user_id) WHERE ended_at IS NULL;
COMMENT ON COLUMN sessions.digest IS 'Of the cookie''s 256 random bits; the cookie itself is not stored.';
COMMENT ON COLUMN sessions.authenticated_at IS 'When the password was last asked for.';

CREATE TABLE password_links (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX password_links_by_user ON password_links (account_id, user_id) WHERE used_at IS NULL;
COMMENT ON TABLE password_links IS 'One-time links that set a password.';

-- Stamps. Statement-level triggers, so that no path can forget them, hand-written SQL included, and a bulk change
-- renews a stamp once. Rows are locked in the order of their ids, so that two bulk changes can't deadlock here.

CREATE FUNCTION renew_user_stamps(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH locked AS MATERIALIZED (SELECT id FROM users WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE)
    UPDATE users SET stamp = gen_random_uuid() FROM locked WHERE users.id = locked.id
$$;

CREATE FUNCTION renew_account_stamps(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH locked AS MATERIALIZED (SELECT id FROM accounts WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE)
    UPDATE accounts SET stamp = gen_random_uuid() FROM locked WHERE accounts.id = locked.id
$$;

-- The update of the stamp fires this again; then deactivated_at is the same on both sides, and it ends.
CREATE FUNCTION stamp_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM after a JOIN before b USING (id) WHERE a.deactivated_at IS DISTINCT FROM b.deactivated_at) THEN
        PERFORM renew_user_stamps(ARRAY(
            SELECT id FROM after a JOIN before b USING (id) WHERE a.deactivated_at IS DISTINCT FROM b.deactivated_at));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_stamp AFTER UPDATE ON users
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION stamp_users();

CREATE FUNCTION stamp_users_of_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM renew_user_stamps(ARRAY(SELECT DISTINCT user_id FROM after));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM renew_user_stamps(ARRAY(SELECT DISTINCT user_id FROM before));
    ELSE
        PERFORM renew_user_stamps(ARRAY(SELECT user_id FROM before UNION SELECT user_id FROM after));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER user_roles_stamp_insert AFTER INSERT ON user_roles
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION stamp_users_of_roles();
CREATE TRIGGER user_roles_stamp_update AFTER UPDATE ON user_roles
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION stamp_users_of_roles();
CREATE TRIGGER user_roles_stamp_delete AFTER DELETE ON user_roles
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION stamp_users_of_roles();

CREATE FUNCTION stamp_accounts_of_settings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM renew_account_stamps(ARRAY(SELECT account_id FROM after));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM renew_account_stamps(ARRAY(SELECT account_id FROM before));
    ELSE
        PERFORM renew_account_stamps(ARRAY(SELECT account_id FROM before UNION SELECT account_id FROM after));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER account_settings_stamp_insert AFTER INSERT ON account_settings
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION stamp_accounts_of_settings();
CREATE TRIGGER account_settings_stamp_update AFTER UPDATE ON account_settings
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION stamp_accounts_of_settings();
CREATE TRIGGER account_settings_stamp_delete AFTER DELETE ON account_settings
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION stamp_accounts_of_settings();

-- TRUNCATE shows a trigger no rows, so it could not renew the right stamps; and what stands here is never deleted.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it would leave old authority standing, or records without their owner', TG_OP, TG_TABLE_NAME;
END $$;
-- A row that changes its id would be another row to the triggers above.
CREATE TRIGGER accounts_id BEFORE UPDATE OF id ON accounts FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse();
CREATE TRIGGER users_id BEFORE UPDATE OF id, account_id ON users FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.account_id <> NEW.account_id) EXECUTE FUNCTION refuse();
CREATE TRIGGER accounts_keep BEFORE DELETE OR TRUNCATE ON accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER users_keep BEFORE DELETE OR TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER user_roles_keep BEFORE TRUNCATE ON user_roles FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER account_settings_keep BEFORE TRUNCATE ON account_settings FOR EACH STATEMENT EXECUTE FUNCTION refuse();

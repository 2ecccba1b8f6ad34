CREATE TABLE tokens (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    kind text NOT NULL CHECK (kind IN ('personal', 'organization')),
    owner_id uuid,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    hint text NOT NULL CHECK (length(hint) = 4),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    name_key text NOT NULL,
    scopes text[] NOT NULL CHECK (array_position(scopes, NULL) IS NULL),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    parent_id uuid,
    replaces_id uuid,
    created_via text NOT NULL CHECK (created_via IN ('page', 'cli', 'operator')),
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    expires_at timestamptz,
    paused_until timestamptz,
    revoked_at timestamptz,
    revoked_by uuid,
    revoke_reason text,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, owner_id) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, revoked_by) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, parent_id) REFERENCES tokens (account_id, id),
    FOREIGN KEY (account_id, replaces_id) REFERENCES tokens (account_id, id),
    CONSTRAINT tokens_owner CHECK ((kind = 'personal') = (owner_id IS NOT NULL)),
    CONSTRAINT tokens_revocation CHECK (revoked_at IS NOT NULL OR (revoked_by IS NULL AND revoke_reason IS NULL))
);
CREATE INDEX tokens_by_owner ON tokens (account_id, owner_id, id DESC);
CREATE INDEX tokens_by_account ON tokens (account_id, id DESC);
COMMENT ON TABLE tokens IS 'Personal and organization tokens. Deleting sets revoked_at; the row stays for the audit.';
COMMENT ON COLUMN tokens.digest IS 'BLAKE3 of the secret, which itself is not stored.';
COMMENT ON COLUMN tokens.hint IS 'The secret''s last four characters.';
COMMENT ON COLUMN tokens.name_key IS 'What names are compared by: NFC, lower case. Unique among a user''s live tokens, which is decided under the user''s lock, as "live" depends on the clock.';
COMMENT ON COLUMN tokens.scopes IS 'Granted scopes. A name that the policy does not know grants nothing.';

CREATE TABLE token_usage (
    token_id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    last_used_at timestamptz NOT NULL,
    ip inet,
    user_agent text,
    FOREIGN KEY (account_id, token_id) REFERENCES tokens (account_id, id)
) WITH (fillfactor = 70);
COMMENT ON TABLE token_usage IS 'The last use of each token, written at most once a minute, in a transaction of its own.';

-- A mint changes nothing that was decided before, so INSERT has no trigger. A personal token's change renews its owner's
-- stamp, an organization token's the account's.
CREATE FUNCTION stamp_token_holders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holders uuid[];
    wards uuid[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT owner_id) FILTER (WHERE owner_id IS NOT NULL),
               array_agg(DISTINCT account_id) FILTER (WHERE owner_id IS NULL)
          INTO holders, wards FROM before;
    ELSE
        WITH changed AS (
            SELECT b.owner_id AS old_owner, b.account_id AS old_account, a.owner_id, a.account_id
              FROM after a JOIN before b USING (id)
             WHERE (a.account_id, a.kind, a.owner_id, a.digest, a.name, a.scopes, a.expires_at, a.paused_until, a.revoked_at)
                   IS DISTINCT FROM
                   (b.account_id, b.kind, b.owner_id, b.digest, b.name, b.scopes, b.expires_at, b.paused_until, b.revoked_at)
        ), touched AS (
            SELECT owner_id, account_id FROM changed UNION SELECT old_owner, old_account FROM changed
        )
        SELECT array_agg(DISTINCT owner_id) FILTER (WHERE owner_id IS NOT NULL),
               array_agg(DISTINCT account_id) FILTER (WHERE owner_id IS NULL)
          INTO holders, wards FROM touched;
    END IF;
    IF wards IS NOT NULL THEN
        PERFORM renew_account_stamps(wards);
    END IF;
    IF holders IS NOT NULL THEN
        PERFORM renew_user_stamps(holders);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tokens_stamp_update AFTER UPDATE ON tokens
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION stamp_token_holders();
CREATE TRIGGER tokens_stamp_delete AFTER DELETE ON tokens
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION stamp_token_holders();
CREATE TRIGGER tokens_id BEFORE UPDATE OF id ON tokens FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse();
CREATE TRIGGER tokens_keep BEFORE TRUNCATE ON tokens FOR EACH STATEMENT EXECUTE FUNCTION refuse();

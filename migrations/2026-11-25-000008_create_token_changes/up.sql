-- The inventory: every filter and every order that admins can ask for begins at an index. The included columns let a walk in one
-- order skip what it filters out without a look at the rows themselves.
CREATE INDEX tokens_by_creation ON tokens (account_id, created_at DESC, id DESC)
    INCLUDE (kind, owner_id, expires_at, paused_until, revoked_at);
CREATE INDEX tokens_by_expiration ON tokens (account_id, expires_at, id) INCLUDE (kind, created_at, paused_until, revoked_at);
CREATE INDEX tokens_revoked ON tokens (account_id, created_at DESC, id DESC) WHERE revoked_at IS NOT NULL;
CREATE INDEX tokens_paused ON tokens (account_id, paused_until) WHERE paused_until IS NOT NULL;
CREATE INDEX tokens_of_organizations ON tokens (account_id, created_at DESC, id DESC) WHERE kind = 'organization';
-- Without the list of pending entries, which every read would have to go through.
CREATE INDEX tokens_by_scope ON tokens USING gin (scopes) WITH (fastupdate = off);
-- The same as the index of the constraint UNIQUE (account_id, id), read backwards.
DROP INDEX tokens_by_account;

CREATE TABLE token_changes (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    act jsonb NOT NULL CHECK (jsonb_typeof(act) = 'object'),
    target jsonb NOT NULL CHECK (jsonb_typeof(target) = 'object'),
    issued_before timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped', 'finished')),
    matched bigint NOT NULL CHECK (matched >= 0),
    done bigint NOT NULL DEFAULT 0 CHECK (done >= 0),
    last_id uuid,
    asked_by uuid,
    request_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    ended_at timestamptz,
    runner uuid,
    heartbeat timestamptz,
    FOREIGN KEY (account_id, asked_by) REFERENCES users (account_id, id),
    CONSTRAINT token_changes_end CHECK ((state = 'running') = (ended_at IS NULL)),
    CONSTRAINT token_changes_runner CHECK ((runner IS NULL) = (heartbeat IS NULL))
);
CREATE INDEX token_changes_by_account ON token_changes (account_id, id DESC);
CREATE INDEX token_changes_running ON token_changes (account_id) WHERE state = 'running';
COMMENT ON TABLE token_changes IS 'Changes of many tokens, which run in batches by ascending token id; whichever server is there goes on with them.';
COMMENT ON COLUMN token_changes.issued_before IS 'Only tokens made before this instant are touched.';
COMMENT ON COLUMN token_changes.matched IS 'Tokens that matched when it began; done counts those that were changed.';
COMMENT ON COLUMN token_changes.last_id IS 'The batches are through up to this token.';
COMMENT ON COLUMN token_changes.asked_by IS 'A workspace admin, who must still be one at every batch. NULL is the operator.';
COMMENT ON COLUMN token_changes.runner IS 'Who works at it. When the heartbeat is old, another may.';

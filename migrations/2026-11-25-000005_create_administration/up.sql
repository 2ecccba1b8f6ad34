-- What workspace admins need: settings with a strength each, pauses that say whose they are, reasons as codes, changes of many tokens.

-- How far a setting reaches: new tokens only, refusal of use as well, or revocation of what breaks it when it is saved.
CREATE DOMAIN strength AS text CHECK (VALUE IN ('new_tokens', 'refuse_use', 'revoke'));

ALTER TABLE account_settings
    ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD COLUMN features_strength strength NOT NULL DEFAULT 'refuse_use',
    ADD COLUMN blocked_scopes_strength strength NOT NULL DEFAULT 'refuse_use',
    ADD COLUMN max_lifetime_strength strength NOT NULL DEFAULT 'new_tokens',
    ADD COLUMN never_strength strength NOT NULL DEFAULT 'new_tokens',
    ADD COLUMN unused_days integer CHECK (unused_days > 0),
    ADD COLUMN unused_strength strength NOT NULL DEFAULT 'refuse_use',
    ADD COLUMN unused_from timestamptz,
    ADD COLUMN creation_stopped text CHECK (length(creation_stopped) BETWEEN 1 AND 500);
COMMENT ON COLUMN account_settings.blocked_scopes IS 'Scopes that personal tokens may not hold.';
COMMENT ON COLUMN account_settings.unused_days IS 'Tokens that were not used for so many days of 24 hours are refused.';
COMMENT ON COLUMN account_settings.unused_from IS 'With strength new_tokens: only tokens made from this instant on may go stale.';
COMMENT ON COLUMN account_settings.creation_stopped IS 'While it stands here nobody makes a token; people read it on the form.';

ALTER TABLE tokens
    ADD COLUMN paused_by uuid,
    ADD COLUMN revoke_note text,
    ADD FOREIGN KEY (account_id, paused_by) REFERENCES users (account_id, id);
UPDATE tokens SET revoke_note = revoke_reason, revoke_reason = 'other' WHERE revoke_reason IS NOT NULL;
ALTER TABLE tokens
    DROP CONSTRAINT tokens_revocation,
    ADD CONSTRAINT tokens_revocation
        CHECK (revoked_at IS NOT NULL OR (revoked_by IS NULL AND revoke_reason IS NULL AND revoke_note IS NULL)),
    ADD CONSTRAINT tokens_revoke_reason CHECK (revoke_reason IN ('compromised', 'left', 'unused', 'policy', 'other'));
COMMENT ON COLUMN tokens.revoke_reason IS 'NULL when the owner did it.';
COMMENT ON COLUMN tokens.paused_by IS 'Who paused it last; an owner can''t end an admin''s pause.';

-- Every token has its row from the start, so that "never used" is an index condition, not an anti-join.
ALTER TABLE token_usage
    ALTER COLUMN last_used_at DROP NOT NULL,
    DROP CONSTRAINT token_usage_account_id_token_id_fkey,
    ADD CONSTRAINT token_usage_account_id_token_id_fkey
        FOREIGN KEY (account_id, token_id) REFERENCES tokens (account_id, id) ON DELETE CASCADE;
INSERT INTO token_usage (token_id, account_id) SELECT id, account_id FROM tokens ON CONFLICT DO NOTHING;
CREATE INDEX token_usage_by_last_use ON token_usage (account_id, last_used_at NULLS FIRST, token_id DESC);
COMMENT ON TABLE token_usage IS 'The last use of each token, written at most once a minute, in a transaction of its own; NULL is never.';

CREATE FUNCTION add_token_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO token_usage (token_id, account_id) SELECT id, account_id FROM after;
    RETURN NULL;
END $$;
CREATE TRIGGER tokens_usage AFTER INSERT ON tokens
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION add_token_usage();

DROP TRIGGER tokens_usage ON tokens;
DROP FUNCTION add_token_usage;
DROP INDEX token_usage_by_last_use;
DELETE FROM token_usage WHERE last_used_at IS NULL;
ALTER TABLE token_usage
    ALTER COLUMN last_used_at SET NOT NULL,
    DROP CONSTRAINT token_usage_account_id_token_id_fkey,
    ADD CONSTRAINT token_usage_account_id_token_id_fkey FOREIGN KEY (account_id, token_id) REFERENCES tokens (account_id, id);
ALTER TABLE tokens
    DROP CONSTRAINT tokens_revoke_reason,
    DROP CONSTRAINT tokens_revocation;
UPDATE tokens SET revoke_reason = coalesce(revoke_note, revoke_reason) WHERE revoke_reason IS NOT NULL;
ALTER TABLE tokens
    DROP COLUMN paused_by,
    DROP COLUMN revoke_note,
    ADD CONSTRAINT tokens_revocation CHECK (revoked_at IS NOT NULL OR (revoked_by IS NULL AND revoke_reason IS NULL));
ALTER TABLE account_settings
    DROP COLUMN version,
    DROP COLUMN features_strength,
    DROP COLUMN blocked_scopes_strength,
    DROP COLUMN max_lifetime_strength,
    DROP COLUMN never_strength,
    DROP COLUMN unused_days,
    DROP COLUMN unused_strength,
    DROP COLUMN unused_from,
    DROP COLUMN creation_stopped;
DROP DOMAIN strength;

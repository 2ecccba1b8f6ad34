-- A preview of settings reads all live tokens of an account, and their use: from these two indexes alone, both in the order of the id.
CREATE INDEX tokens_live ON tokens (account_id, id) INCLUDE (kind, owner_id, created_at, expires_at) WHERE revoked_at IS NULL;
ALTER TABLE token_usage
    DROP CONSTRAINT token_usage_pkey,
    ADD PRIMARY KEY (token_id) INCLUDE (last_used_at);

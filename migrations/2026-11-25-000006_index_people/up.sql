-- What the admins' list of people is read by, a page at a time.

ALTER TABLE users ADD COLUMN name_key text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED;
COMMENT ON COLUMN users.name_key IS 'What people are sorted by.';
-- One text, as two comparisons a person are most of what a search costs.
ALTER TABLE users ADD COLUMN search_key text NOT NULL GENERATED ALWAYS AS (lower(name) || E'\n' || email) STORED;
COMMENT ON COLUMN users.search_key IS 'What people are searched by.';
CREATE INDEX users_by_name ON users (account_id, name_key, id) INCLUDE (search_key);

-- Counted without a look at the tokens themselves; those that expired meanwhile stay in it until they are revoked.
CREATE INDEX tokens_live_by_owner ON tokens (account_id, owner_id, expires_at) WHERE revoked_at IS NULL;

-- Ended sessions, too: they say when somebody was last seen.
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (account_id, user_id, last_seen_at);

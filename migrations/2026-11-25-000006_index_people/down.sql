DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (account_id, user_id) WHERE ended_at IS NULL;
DROP INDEX tokens_live_by_owner;
DROP INDEX users_by_name;
ALTER TABLE users DROP COLUMN search_key, DROP COLUMN name_key;

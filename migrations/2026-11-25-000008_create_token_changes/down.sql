DROP TABLE token_changes;
CREATE INDEX tokens_by_account ON tokens (account_id, id DESC);
DROP INDEX tokens_by_scope;
DROP INDEX tokens_of_organizations;
DROP INDEX tokens_paused;
DROP INDEX tokens_revoked;
DROP INDEX tokens_by_expiration;
DROP INDEX tokens_by_creation;

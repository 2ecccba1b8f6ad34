-- The tokens that were used in the log's time. Audit rows pick low places more often.
CREATE TABLE seed.callers AS
SELECT row_number() OVER (ORDER BY uuid_hash_extended(t.id, 1)) AS place, t.id AS token_id, t.name AS token_name, t.scopes,
       t.kind = 'organization' AS is_organization, u.id AS user_id, u.name AS user_name, u.email AS user_email
  FROM seed.facts f JOIN tokens t ON t.account_id = f.account JOIN token_usage l ON l.token_id = t.id LEFT JOIN users u ON u.id = t.owner_id
 WHERE t.created_at < f.log_begins AND l.last_used_at > f.log_begins

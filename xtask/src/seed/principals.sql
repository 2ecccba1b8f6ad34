-- Everybody of whom an audit row may speak. Without salts: nobody can compute the commitments here, so they are as if erased.
WITH nobody AS (SELECT decode(repeat('00', 32), 'hex') AS commitment)
INSERT INTO audit_principals (id, account_id, user_id, user_name, user_email, token_id, token_name, commitment, created_at)
SELECT p.id, f.account, p.user_id, p.user_name, p.user_email, p.token_id, p.token_name, nobody.commitment, f.log_begins
  FROM seed.facts f, nobody, users a, LATERAL (
        -- Who calls with a token, and owners who change it.
        SELECT seed.number(place, 60) AS id, user_id, user_name, user_email, token_id, token_name FROM seed.callers
        UNION ALL
        -- The admin who changes organizations' tokens.
        SELECT seed.number(place, 61), a.id, a.name, a.email, token_id, token_name FROM seed.callers WHERE is_organization
        UNION ALL
        -- Without a token.
        SELECT uuid_hash_extended(user_id, 62) & 9223372036854775807, user_id, user_name, user_email, NULL, NULL
          FROM (SELECT DISTINCT user_id, user_name, user_email FROM seed.callers WHERE user_id IS NOT NULL AND user_id <> a.id) owners
        UNION ALL
        SELECT uuid_hash_extended(a.id, 62) & 9223372036854775807, a.id, a.name, a.email, NULL, NULL) p
 WHERE a.id = f.admin

-- $1: the number of the first token to make; $2, $3: the digests and hints of all, in order; $4: how many users there are
INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
SELECT bench.id(now()), account, 'personal', u.id, t.digest, t.hint, 'bench-' || t.n, 'bench-' || t.n, '{catalog:read,snapshots:read}', 'page'
  FROM (SELECT $1::bigint + place - 1 AS n, digest, hint FROM unnest($2::bytea[], $3::text[]) WITH ORDINALITY u (digest, hint, place)) t
  JOIN bench.users u ON u.n = CASE WHEN t.n <= 1000 THEN t.n WHEN t.n <= 2000 THEN 1001
                                   ELSE 1002 + (hashint8extended(t.n, 1) & 9223372036854775807) % ($4::bigint - 1001) END
 CROSS JOIN bench.facts
 ORDER BY t.n

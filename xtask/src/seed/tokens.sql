-- $1 and $2: the numbers of the first and the last token to make
INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via, created_at, expires_at,
                    paused_until, paused_by, revoked_at, revoked_by, revoke_reason, revoke_note)
SELECT id, account, kind, owner, sha256(uuid_send(id)), substr(md5(id::text), 1, 4), name, name,
       -- A token without any of them holds the first scope.
       CASE WHEN scopes = '{}' THEN ARRAY(SELECT s.name FROM seed.scopes s ORDER BY s.place LIMIT 1) ELSE scopes END,
       CASE WHEN seed.share(n, 10) < 0.2 THEN 'cli' ELSE 'page' END, created_at, expires_at,
       paused_until, CASE WHEN paused_until IS NOT NULL THEN CASE WHEN n % 2 = 0 THEN admin ELSE coalesce(owner, admin) END END,
       revoked_at,
       CASE WHEN revoked_at IS NOT NULL THEN CASE WHEN reason IS NULL THEN owner ELSE admin END END,
       reason, CASE WHEN reason = 'other' THEN 'Replaced by another one' END
  FROM (SELECT t.*, p.id AS owner, revocation.*,
               CASE WHEN revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now) AND seed.share(t.n, 11) < 0.0002
                    THEN now + interval '29 days' * seed.share(t.n, 12) END AS paused_until,
               CASE WHEN revoked_at IS NULL OR (kind = 'personal' AND p.deactivated_at IS NULL AND seed.share(t.n, 13) < 0.6) THEN NULL
                    WHEN p.deactivated_at IS NOT NULL THEN 'left'
                    ELSE seed.pick(t.n, 14, '{compromised,left,unused,policy,other}') END AS reason,
               -- Three organization tokens, old, middling and new, hold the scope that nobody else does.
               ARRAY(SELECT s.name FROM seed.scopes s
                      WHERE (s.frequency > 0 AND seed.share(t.n, 100 + s.place) < s.frequency AND (p.id IS NULL OR s.name = ANY (p.grantable)))
                         OR (s.frequency = 0 AND t.n IN (11, tokens / 2, tokens - 11)) ORDER BY s.place) AS scopes
          FROM (SELECT made.*, seed.id(created_at, n, 2) AS id,
                       -- One user has a thousand, the others fewer and fewer.
                       CASE WHEN n IN (11, tokens / 2, tokens - 11) THEN NULL
                            WHEN n % (tokens / 1000) = 1 % (tokens / 1000) THEN 1
                            WHEN seed.share(n, 15) >= 0.05 THEN 2 + floor(power(seed.share(n, 16), 1.2) * (people - 1))::bigint END AS person,
                       seed.pick(n, 17, '{ci,laptop,deploy,terraform,nightly,reports,backup,sync,agent,dashboard,import,bot,release,metrics,notebook,ide}')
                       || '-' || n AS name,
                       CASE WHEN seed.share(n, 18) < 0.10 THEN NULL
                            WHEN seed.share(n, 18) < 0.40
                            THEN created_at + LEAST(interval '1 day' * seed.pick(n, 19, '{7,30,60,90}')::integer, (now - created_at) * 0.9)
                            WHEN created_at > now - interval '85 days' THEN created_at + interval '90 days'
                            ELSE now + interval '365 days' * seed.share(n, 20) END AS expires_at
                  FROM (SELECT n, f.*, now - interval '730 days' * (1 - n::float8 / tokens) - interval '1 minute' AS created_at
                          FROM generate_series($1::bigint, $2::bigint) n CROSS JOIN seed.facts f OFFSET 0) made OFFSET 0) t
          LEFT JOIN seed.people p ON p.n = t.person
         CROSS JOIN LATERAL (SELECT CASE WHEN p.id IS NULL THEN 'organization' ELSE 'personal' END AS kind,
                 CASE WHEN p.deactivated_at IS NOT NULL THEN GREATEST(t.created_at, p.deactivated_at)
                      WHEN seed.share(t.n, 21) < 0.08
                      THEN t.created_at + (LEAST(coalesce(t.expires_at, now), now) - t.created_at) * seed.share(t.n, 22) END AS revoked_at OFFSET 0) revocation
        OFFSET 0) made
 ORDER BY n

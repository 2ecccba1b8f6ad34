-- A fifth was never used; the others spread over 400 days, most of them lately.
UPDATE token_usage u
   SET last_used_at = used.at, ip = seed.address(used.n, 30), user_agent = seed.user_agent(used.n, 31)
  FROM (SELECT id, n, GREATEST(created_at, LEAST(coalesce(expires_at, now), coalesce(revoked_at, now), now)
                               - interval '400 days' * power(seed.share(n, 32), 2)) AS at
          FROM (SELECT t.*, f.now, uuid_hash_extended(id, 0) AS n FROM tokens t JOIN seed.facts f ON f.account = t.account_id OFFSET 0) t
         WHERE seed.share(n, 33) >= 0.2) used
 WHERE u.token_id = used.id

-- What an admin has changed in the last months, long finished.
INSERT INTO token_changes (id, account_id, act, target, issued_before, state, matched, done, asked_by, request_id, created_at, ended_at)
SELECT seed.id(at, n, 4), account, '{"revoke": {"code": "unused", "note": null}}', '{"matching": {}}', at,
       CASE WHEN n % 10 = 0 THEN 'stopped' ELSE 'finished' END, 1000 + n, CASE WHEN n % 10 = 0 THEN 500 ELSE 1000 + n END, admin,
       md5('change' || n)::uuid, at, at + interval '20 seconds'
  FROM (SELECT n, f.*, f.now - interval '1 day' * (151 - n) AS at FROM seed.facts f, generate_series(1, 150) n) changes

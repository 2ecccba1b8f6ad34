-- $1 and $2: the numbers of the first and the last row to make
INSERT INTO audit_events (account_id, time, id, principal_id, client_id, event_type, outcome, reason, method, context, request_id, session_id)
SELECT account, time, seed.id(time, n, 3),
       -- As principals.sql and clients.sql number them.
       CASE WHEN of_token THEN seed.number(place, CASE WHEN by_admin THEN 61 ELSE 60 END)
            ELSE uuid_hash_extended(CASE WHEN by_admin THEN admin ELSE user_id END, 62) & 9223372036854775807 END,
       CASE WHEN is_call AND seed.share(n, 45) < 0.2 THEN seed.number(n / 500, 64)
            ELSE seed.number(32 * floor(power(seed.share(n, 40), 2) * 4000)::bigint + CASE WHEN is_call
                 THEN 2 * floor(seed.share(n, 41) * 8)::bigint + CASE WHEN seed.share(n, 42) < 0.3 THEN 1 ELSE 0 END ELSE 31 END, 65) END,
       event_type, CASE WHEN refused THEN 'refused' ELSE 'succeeded' END,
       CASE WHEN refused THEN CASE WHEN is_call THEN 'not_authorized' WHEN event_type = 'sessions.created' THEN 'wrong_credentials' ELSE 'invalid' END END,
       CASE WHEN is_call THEN CASE WHEN refused THEN 'auditLogs.list' ELSE m.name END END,
       CASE WHEN is_call THEN CASE WHEN refused THEN jsonb '{"missing_scopes": ["auditLogs:read"]}' ELSE '{}' END
            WHEN event_type LIKE '%tokens.created' THEN jsonb_build_object('scopes', scopes, 'expires_at', NULL)
            WHEN event_type LIKE '%tokens.updated' THEN jsonb_build_object(
                 'from', jsonb_build_object('name', token_name, 'scopes', scopes), 'to', jsonb_build_object('name', token_name, 'scopes', scopes[1:1]))
            WHEN event_type LIKE '%tokens.deleted' THEN
                 jsonb_build_object('owner_id', user_id, 'reason', NULL, 'note', NULL, 'was_dead_already', false)
            WHEN event_type = 'sessions.created' THEN '{"source": "password"}'
            WHEN event_type = 'user_roles.updated' THEN
                 jsonb_build_object('user_id', user_id, 'from', '{contributor}'::text[], 'to', '{contributor,scorecard_admin}'::text[])
            ELSE '{}' END,
       md5('request' || n)::uuid,
       CASE WHEN NOT is_call THEN md5('session' || n / 20)::uuid END
  FROM (SELECT e.*, event_type = 'web_api.called' OR event_type LIKE '%tokens.%' AS of_token,
               event_type = 'user_roles.updated' OR event_type LIKE 'organization_tokens.%' AS by_admin
          FROM (SELECT e.*, event_type = 'web_api.called' AS is_call
                  FROM (SELECT n, log_begins + (now - log_begins) * ((n - seed.share(n, 46)) / log_rows) AS time, f.*, c.*,
                               CASE WHEN seed.share(n, 47) < 0.98 THEN 'web_api.called'
                                    WHEN is_organization THEN seed.pick(n, 48, '{organization_tokens.created,organization_tokens.updated}')
                                    ELSE seed.pick(n, 48, '{sessions.created,sessions.created,sessions.deleted,personal_access_tokens.created,personal_access_tokens.updated,personal_access_tokens.deleted,user_roles.updated}')
                               END AS event_type,
                               seed.share(n, 49) < 0.01 AS refused,
                               -- Every second token never needs the second half of its scopes.
                               scopes[1 + floor(seed.share(n, 51) * CASE WHEN place % 2 = 0 THEN cardinality(scopes) ELSE (cardinality(scopes) + 1) / 2 END)::integer] AS needed
                          FROM generate_series($1::bigint, $2::bigint) n CROSS JOIN seed.facts f
                          JOIN seed.callers c ON c.place = 1 + floor(power(seed.share(n, 50), 3) * callers)::bigint OFFSET 0) e) e OFFSET 0) e
  JOIN seed.methods m ON m.scope = needed AND m.slot = floor(seed.share(n, 52) * 8)::integer

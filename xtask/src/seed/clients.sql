-- From where and with what: of each address what calls there with and without the command line's headers, and a browser; and the
-- sessions of agents, one for five hundred rows.
INSERT INTO audit_clients (id, account_id, ip, user_agent, client_type, client_version, agent_name, agent_session_id, agent_model, commitment, created_at)
SELECT c.id, f.account, c.ip, c.user_agent, CASE WHEN c.by_cli THEN 'cli' END, CASE WHEN c.by_cli THEN '1.14.0' END,
       c.agent_name, c.agent_session_id, c.agent_model, decode(repeat('00', 32), 'hex'), f.log_begins
  FROM seed.facts f, LATERAL (
        SELECT seed.number(a * 32 + u * 2 + by_cli, 65) AS id, inet '10.20.0.1' + a AS ip, agents[u + 1] AS user_agent, by_cli = 1 AS by_cli,
               NULL AS agent_name, NULL AS agent_session_id, NULL AS agent_model
          FROM generate_series(0, 3999) a, generate_series(0, 7) u, generate_series(0, 1) by_cli, seed.user_agents() agents
        UNION ALL
        SELECT seed.number(a * 32 + 31, 65), inet '10.20.0.1' + a, 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
               false, NULL, NULL, NULL
          FROM generate_series(0, 3999) a
        UNION ALL
        SELECT seed.number(s, 64), seed.address(s, 66), seed.user_agent(s, 67), seed.share(s, 42) < 0.3,
               seed.pick(s, 43, '{claude-code,cursor,copilot,devin}'), 'session-' || s, seed.pick(s, 44, '{large-2,large-3,small-3}')
          FROM generate_series(0, f.log_rows / 500) s) c

-- Everybody but the admin, who is there already.
CREATE TABLE seed.people AS
SELECT n, seed.id(created_at, n, 1) AS id, created_at, name,
       translate(lower(name), ' öí', '.oi') || '.' || n || '@bench.test' AS email,
       roles,
       CASE WHEN n > 20 AND state < 0.03 THEN created_at + (now - created_at) * (0.5 + seed.share(n, 2) / 2) END AS deactivated_at,
       n > 20 AND state >= 0.98 AS invited,
       ARRAY(SELECT s.name FROM seed.scopes s
              WHERE s.name = ANY (everyone) OR EXISTS (SELECT 1 FROM seed.roles r WHERE r.name = ANY (roles) AND s.name = ANY (r.scopes))) AS grantable
  FROM (SELECT n, f.now, f.everyone, f.now - interval '900 days' * (1 - n::float8 / f.people) - interval '1 hour' AS created_at,
               seed.share(n, 3) AS state,
               seed.pick(n, 4, '{Ada,Alan,Amara,Anders,Beatriz,Björn,Chen,Chloe,Diego,Dina,Edsger,Elif,Emeka,Fatima,Finn,Grace,Hana,Hugo,Ines,Ivan,Jada,Jonas,Kofi,Lena,Luis,Maja,Mateo,Mei,Nadia,Noah,Olga,Omar,Priya,Ravi,Rosa,Sven,Tomas,Uma,Yara,Zoe}')
               || ' ' ||
               seed.pick(n, 5, '{Abara,Andersen,Bauer,Brown,Castro,Chen,Costa,Dubois,Eriksen,Fischer,García,Haddad,Hansen,Ito,Ivanov,Jensen,Kaya,Khan,Kim,Kowalski,Larsen,Lee,Lopez,Martin,Meyer,Moreau,Nguyen,Novak,Okafor,Olsen,Patel,Petrov,Rossi,Sato,Schmidt,Silva,Singh,Tanaka,Wagner,Wang}') AS name,
               CASE WHEN n BETWEEN 2 AND 5 THEN '{workspace_admin}'::text[]
                    -- The other roles in turn, so that each has somebody.
                    WHEN n % 12 = 0 THEN ARRAY['contributor', (SELECT o.name FROM seed.roles o WHERE o.name NOT IN ('contributor', 'workspace_admin')
                         ORDER BY o.place OFFSET (n / 12) % (SELECT count(*) - 2 FROM seed.roles) LIMIT 1)]
                    ELSE '{contributor}' END AS roles
          FROM seed.facts f, generate_series(1, f.people) n OFFSET 0) people

-- What a benchmark's database has beside the server's schema: an account, and the means to fill it.
CREATE SCHEMA bench;
-- As wide as the record of a use is without its texts.
CREATE TABLE bench_inserts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), note text NOT NULL);
CREATE TABLE bench_updates (id bigint PRIMARY KEY, changes bigint NOT NULL DEFAULT 0);
INSERT INTO bench_updates (id) VALUES (1);
CREATE TABLE bench.facts (account uuid NOT NULL, password_hash text NOT NULL);
CREATE TABLE bench.users (n bigint PRIMARY KEY, id uuid NOT NULL UNIQUE);

INSERT INTO bench.facts SELECT gen_random_uuid(), password_hash FROM users WHERE email = 'member@demo.test';
INSERT INTO accounts (id, name) SELECT account, 'Bench' FROM bench.facts;
INSERT INTO account_settings (account_id, features, token_cap) SELECT account, '{fabric,datacloud,platformx}', 1000000 FROM bench.facts;

-- In the order of time, as the server draws its ids: version 7.
CREATE FUNCTION bench.id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE
    AS $$ SELECT overlay(overlay(gen_random_uuid()::text PLACING left(s, 8) || '-' || right(s, 4) FROM 1) PLACING '7' FROM 15)::uuid
            FROM lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') s $$;

CREATE FUNCTION bench.make_users(users bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO bench.users SELECT n, bench.id(now() - interval '900 days' * (1 - n::float8 / users)) FROM generate_series(1, users) n;
    INSERT INTO users (id, account_id, email, name, password_hash)
    SELECT id, account, 'user-' || n || '@verify.test', 'User ' || n, password_hash FROM bench.users, bench.facts ORDER BY n;
    -- Before rows refer to them, or the foreign key is checked by a plan for the few users there were.
    ANALYZE bench.users, users;
    INSERT INTO user_roles (account_id, user_id, role) SELECT account, id, 'contributor' FROM bench.users, bench.facts ORDER BY n;
    ANALYZE user_roles;
$$;

-- Rows of the log in its open month. Whom and what client they speak of doesn't matter for what is measured: nothing looks there.
CREATE FUNCTION bench.make_audit(first bigint, last bigint, tokens bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_events (account_id, time, id, principal_id, client_id, event_type, outcome, method, request_id)
    SELECT account, at, bench.id(at), hashint8extended(n % tokens, 1) & 9223372036854775807, n % 1000, 'web_api.called', 'succeeded',
           'auth.info', gen_random_uuid()
      FROM bench.facts, generate_series(first, last) n,
           LATERAL (SELECT now() - interval '1 microsecond' * (last - n) AS at) instant;
END $$;

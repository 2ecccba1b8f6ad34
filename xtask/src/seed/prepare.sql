-- Stands only while the seed runs. Everything is a hash of a number, so that a seed of one size is always the same, but for its clock.
CREATE SCHEMA seed;

-- Evenly spread over 0 ≤ share < 1.
CREATE FUNCTION seed.share(n bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT (hashint8extended(n, salt) & 2147483647)::float8 / 2147483648 $$;

-- Ids of what audit rows refer to.
CREATE FUNCTION seed.number(n bigint, salt bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT hashint8extended(n, salt) & 9223372036854775807 $$;

CREATE FUNCTION seed.pick(n bigint, salt bigint, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT choices[1 + floor(seed.share(n, salt) * cardinality(choices))::integer] $$;

-- As the server draws its ids: version 7, in the order of time.
CREATE FUNCTION seed.id(at timestamptz, n bigint, salt bigint) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT overlay(overlay(overlay(md5(salt || ':' || n)
        PLACING lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') FROM 1)
        PLACING '7' FROM 13) PLACING '8' FROM 17)::uuid $$;

-- Some 4,000 addresses, few of which are busy.
CREATE FUNCTION seed.address(n bigint, salt bigint) RETURNS inet LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT inet '10.20.0.1' + floor(power(seed.share(n, salt), 2) * 4000)::bigint $$;

CREATE FUNCTION seed.user_agents() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT '{curl/8.5.0,python-requests/2.32.3,dx-cli/1.14.0,dx-mcp/0.9.2,Go-http-client/2.0,axios/1.7.9,"Terraform/1.9.8 provider/0.4.1","node-fetch/3.3.2"}'::text[] $$;

CREATE FUNCTION seed.user_agent(n bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT seed.pick(n, salt, seed.user_agents()) $$;

-- The policy table, filled by the command. `frequency`: which part of the people that may grant a scope put it on a token.
CREATE TABLE seed.scopes (name text, place integer, frequency float8);
CREATE TABLE seed.roles (name text, place integer, scopes text[]);
-- Each scope has as many slots; a method that needs several scopes stands under its last one.
CREATE TABLE seed.methods (scope text, slot integer, name text, PRIMARY KEY (scope, slot));

-- One row: what the statements below are about. `people` are all but the admin.
CREATE TABLE seed.facts (
    account uuid, admin uuid, password_hash text, everyone text[], now timestamptz, people bigint, tokens bigint,
    log_begins timestamptz, log_rows bigint, callers bigint
);

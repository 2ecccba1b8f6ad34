-- Who acted, and with which token or on which, as they were called at the time: written once, however many rows speak of them (a server
-- that doesn't know of one yet writes another). No foreign keys in the log: the record outlives what it speaks of.
CREATE TABLE audit_principals (
    id bigint PRIMARY KEY,
    account_id uuid NOT NULL,
    user_id uuid,
    user_name text,
    user_email text,
    token_id uuid,
    token_name text,
    salt uuid,
    commitment bytea NOT NULL CHECK (length(commitment) = 32),
    created_at timestamptz NOT NULL DEFAULT pat_now()
);
CREATE INDEX audit_principals_by_user ON audit_principals (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_principals_by_token ON audit_principals (token_id) WHERE token_id IS NOT NULL;
COMMENT ON COLUMN audit_principals.id IS 'Random.';
COMMENT ON COLUMN audit_principals.commitment IS 'Salted hash of the names and the e-mail address, which the seals hold instead of them: erasing somebody empties the three and the salt.';

-- From where, and with what: everything about a request that can say something of a person.
CREATE TABLE audit_clients (
    id bigint PRIMARY KEY,
    account_id uuid NOT NULL,
    ip inet,
    user_agent text,
    client_type text,
    client_version text,
    agent_name text,
    agent_session_id text,
    agent_model text,
    salt uuid,
    commitment bytea NOT NULL CHECK (length(commitment) = 32),
    created_at timestamptz NOT NULL DEFAULT pat_now()
);
CREATE INDEX audit_clients_by_ip ON audit_clients (account_id, ip) WHERE ip IS NOT NULL;
COMMENT ON COLUMN audit_clients.commitment IS 'Salted hash of all that follows account_id, which the seals hold instead of it.';

-- Narrow rows: every answer of the Web API waits for one.
CREATE TABLE audit_events (
    account_id uuid NOT NULL,
    time timestamptz NOT NULL DEFAULT pat_now(),
    id uuid NOT NULL,
    principal_id bigint,
    client_id bigint,
    event_type text NOT NULL,
    outcome text NOT NULL,
    reason text,
    method text,
    context jsonb NOT NULL DEFAULT '{}',
    request_id uuid,
    session_id uuid
) PARTITION BY RANGE (time);
CREATE INDEX audit_events_by_account ON audit_events (account_id, time DESC, id DESC);
CREATE INDEX audit_events_by_time ON audit_events USING brin (time);
COMMENT ON TABLE audit_events IS 'Every use of a live token and every console action. Rows are never updated. To read it, see audit_log.';

-- The record as it is read.
CREATE VIEW audit_log AS
SELECT e.account_id, e.time, e.id, e.event_type, e.outcome, e.reason, p.user_id, p.user_name, p.user_email, p.token_id, p.token_name, e.method,
       e.context, e.request_id, c.ip, c.user_agent, c.client_type, c.client_version, c.agent_name, c.agent_session_id, c.agent_model, e.session_id
  FROM audit_events e
  LEFT JOIN audit_principals p ON p.id = e.principal_id
  LEFT JOIN audit_clients c ON c.id = e.client_id;

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed';
END $$;
-- For each row, as such a trigger holds on every partition, also when one is named directly.
CREATE TRIGGER audit_events_keep BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_keep_all BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_principals_keep_all BEFORE TRUNCATE ON audit_principals FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_clients_keep_all BEFORE TRUNCATE ON audit_clients FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Of a principal and a client only what is personal may go, and all of it only once no row speaks of them.
CREATE FUNCTION refuse_audit_principal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.user_id, NULL, NULL, OLD.token_id, NULL, NULL, OLD.commitment, OLD.created_at)::audit_principals THEN
            RAISE EXCEPTION 'the principals of audit events are never changed, only erased';
        END IF;
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM audit_events WHERE principal_id = OLD.id) THEN
        RAISE EXCEPTION 'audit events speak of this principal';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_principals_keep BEFORE UPDATE OR DELETE ON audit_principals FOR EACH ROW EXECUTE FUNCTION refuse_audit_principal_change();

CREATE FUNCTION refuse_audit_client_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW IS DISTINCT FROM (OLD.id, OLD.account_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, OLD.commitment, OLD.created_at)::audit_clients THEN
            RAISE EXCEPTION 'the clients of audit events are never changed, only erased';
        END IF;
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM audit_events WHERE client_id = OLD.id) THEN
        RAISE EXCEPTION 'audit events speak of this client';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_clients_keep BEFORE UPDATE OR DELETE ON audit_clients FOR EACH ROW EXECUTE FUNCTION refuse_audit_client_change();

-- Rows land here only if no month was made for them; the server logs an error while it holds any.
CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;
CREATE TRIGGER audit_events_keep_all BEFORE TRUNCATE ON audit_events_default FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Makes the month that holds `day` if it is missing. ATTACH takes a weaker lock on the parent than CREATE … PARTITION OF,
-- and the short limit lets callers of the API pass if it would have to wait.
CREATE FUNCTION make_audit_partition(day date) RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    first date := date_trunc('month', day)::date;
    part text := 'audit_events_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE audit_events INCLUDING DEFAULTS)', part);
        EXECUTE format('CREATE TRIGGER audit_events_keep_all BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', part);
        EXECUTE format('ALTER TABLE audit_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            part, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    END IF;
END $$;

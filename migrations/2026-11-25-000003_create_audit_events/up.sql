-- No foreign keys: the record outlives what it speaks of. No further index on the open month: each costs as much as the row.
CREATE TABLE audit_events (
    account_id uuid NOT NULL,
    time timestamptz NOT NULL DEFAULT pat_now(),
    id uuid NOT NULL,
    event_type text NOT NULL,
    outcome text NOT NULL,
    reason text,
    user_id uuid,
    user_name text,
    user_email text,
    token_id uuid,
    token_name text,
    method text,
    context jsonb NOT NULL DEFAULT '{}',
    request_id uuid,
    ip inet,
    user_agent text,
    client_type text,
    client_version text,
    agent_name text,
    agent_session_id text,
    agent_model text,
    session_id uuid
) PARTITION BY RANGE (time);
CREATE INDEX audit_events_by_account ON audit_events (account_id, time DESC, id DESC);
CREATE INDEX audit_events_by_time ON audit_events USING brin (time);
COMMENT ON TABLE audit_events IS 'Every use of a live token and every console action. Rows are never updated.';
COMMENT ON COLUMN audit_events.user_name IS 'As it was at the time; so are the e-mail address and the token''s name.';

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed';
END $$;
-- For each row, as such a trigger holds on every partition, also when one is named directly.
CREATE TRIGGER audit_events_keep BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_keep_all BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

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

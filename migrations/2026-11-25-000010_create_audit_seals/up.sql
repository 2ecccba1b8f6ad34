-- Vouch for the rows of the log, minute after minute, each for all before it: docs/audit-seals.md. Spans follow each other without a
-- gap; one without rows may be longer than a minute. The key is not in the database.
CREATE TABLE audit_seals (
    starts_at timestamptz PRIMARY KEY,
    ends_at timestamptz NOT NULL UNIQUE,
    row_count bigint NOT NULL CHECK (row_count >= 0),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    key_id bytea NOT NULL CHECK (octet_length(key_id) = 8),
    seal bytea NOT NULL CHECK (octet_length(seal) = 32),
    sealed_at timestamptz NOT NULL DEFAULT pat_now(),
    CHECK (starts_at < ends_at)
);
COMMENT ON COLUMN audit_seals.digest IS 'Keyed hash over the hashes of the rows in the order of time and id.';
COMMENT ON COLUMN audit_seals.previous IS 'The seal before; zeros for the first.';
COMMENT ON COLUMN audit_seals.seal IS 'Keyed hash over all of the above.';

-- Tell which row of a minute is not as it was sealed. Kept as long as the rows.
CREATE TABLE audit_seal_traces (
    starts_at timestamptz PRIMARY KEY,
    traces bytea NOT NULL CHECK (octet_length(traces) % 8 = 0)
);
ALTER TABLE audit_seal_traces ALTER traces SET STORAGE EXTERNAL;
COMMENT ON COLUMN audit_seal_traces.traces IS 'The first 8 bytes of each row''s keyed hash, in the order of time and id.';

-- Vouch for the removal of months that were verified before.
CREATE TABLE audit_prunings (
    starts_at timestamptz PRIMARY KEY,
    ends_at timestamptz NOT NULL,
    key_id bytea NOT NULL CHECK (octet_length(key_id) = 8),
    seal bytea NOT NULL CHECK (octet_length(seal) = 32),
    pruned_at timestamptz NOT NULL DEFAULT pat_now(),
    CHECK (starts_at < ends_at)
);

CREATE FUNCTION refuse_seal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the seals of the audit log are never changed';
END $$;
CREATE TRIGGER audit_seals_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_seal_change();
CREATE TRIGGER audit_prunings_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_prunings FOR EACH STATEMENT EXECUTE FUNCTION refuse_seal_change();
CREATE TRIGGER audit_seal_traces_keep BEFORE UPDATE OR TRUNCATE ON audit_seal_traces FOR EACH STATEMENT EXECUTE FUNCTION refuse_seal_change();

CREATE FUNCTION refuse_trace_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_prunings WHERE starts_at <= OLD.starts_at AND OLD.starts_at < ends_at) THEN
        RAISE EXCEPTION 'the rows of this minute were not pruned';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_seal_traces_keep_unpruned BEFORE DELETE ON audit_seal_traces FOR EACH ROW EXECUTE FUNCTION refuse_trace_deletion();

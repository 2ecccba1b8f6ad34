CREATE TABLE resources (
    account_id uuid NOT NULL REFERENCES accounts,
    kind text NOT NULL CHECK (kind <> ''),
    identifier text NOT NULL CHECK (identifier <> ''),
    body jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    updated_at timestamptz NOT NULL DEFAULT pat_now(),
    PRIMARY KEY (account_id, kind, identifier)
);
COMMENT ON TABLE resources IS 'What the Web API''s methods read and write, as the JSON that they answer with.';

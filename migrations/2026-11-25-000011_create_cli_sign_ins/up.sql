-- Command lines on their way to a token: through a browser on the same computer (a row is written with consent, and has a challenge), or
-- by a code that a device shows (a row is written when the device asks, and has a user code). A row is kept for a day after its end, as
-- a code that is used twice revokes what it issued; whoever writes a row deletes some of those that are over.
CREATE TABLE cli_sign_ins (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    challenge bytea CHECK (octet_length(challenge) = 32),
    callback text,
    user_code text UNIQUE CHECK (user_code ~ '^[A-Z]{8}$'),
    poll_seconds integer CHECK (poll_seconds > 0),
    polled_at timestamptz,
    ip inet,
    user_agent text,
    account_id uuid,
    user_id uuid,
    session_id uuid REFERENCES sessions,
    is_approved boolean,
    wanted jsonb,
    created_at timestamptz NOT NULL DEFAULT pat_now(),
    expires_at timestamptz NOT NULL,
    spent_at timestamptz,
    token_id uuid,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, token_id) REFERENCES tokens (account_id, id),
    CONSTRAINT cli_sign_ins_way CHECK (
        num_nonnulls(challenge, callback) IN (0, 2) AND num_nonnulls(user_code, poll_seconds) IN (0, 2)
        AND num_nonnulls(challenge, user_code) = 1),
    CONSTRAINT cli_sign_ins_decision CHECK (
        num_nonnulls(is_approved, account_id, user_id, session_id) IN (0, 4)
        AND (is_approved IS TRUE) = (wanted IS NOT NULL) AND (challenge IS NULL OR is_approved IS TRUE)),
    CONSTRAINT cli_sign_ins_end CHECK (
        (spent_at IS NULL OR is_approved IS NOT NULL) AND (token_id IS NULL OR (spent_at IS NOT NULL AND is_approved IS TRUE)))
);
CREATE INDEX cli_sign_ins_by_end ON cli_sign_ins (expires_at);
COMMENT ON COLUMN cli_sign_ins.digest IS 'Of the code that the browser carries to the program, or of the device''s own code; neither is stored.';
COMMENT ON COLUMN cli_sign_ins.challenge IS 'The SHA-256 that the program''s verifier must have.';
COMMENT ON COLUMN cli_sign_ins.callback IS 'Where the browser carried the code.';
COMMENT ON COLUMN cli_sign_ins.poll_seconds IS 'How long the device has to wait between two questions.';
COMMENT ON COLUMN cli_sign_ins.ip IS 'Of the device, with its user agent: what a person is shown before they decide.';
COMMENT ON COLUMN cli_sign_ins.session_id IS 'The session that decided. It must still live when the token is fetched.';
COMMENT ON COLUMN cli_sign_ins.wanted IS 'The token to be made, as it was asked for: it is decided on when it is fetched.';
COMMENT ON COLUMN cli_sign_ins.spent_at IS 'The first use, whatever came of it.';

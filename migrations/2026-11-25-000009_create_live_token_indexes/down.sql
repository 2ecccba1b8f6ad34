ALTER TABLE token_usage
    DROP CONSTRAINT token_usage_pkey,
    ADD PRIMARY KEY (token_id);
DROP INDEX tokens_live;

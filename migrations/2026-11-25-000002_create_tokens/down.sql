DROP TABLE token_usage, tokens;
DROP FUNCTION stamp_token_holders();

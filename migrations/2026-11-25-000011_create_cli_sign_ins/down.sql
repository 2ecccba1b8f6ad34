DROP TABLE cli_sign_ins;

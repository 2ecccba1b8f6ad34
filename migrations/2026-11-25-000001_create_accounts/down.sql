DROP TABLE password_links, sessions, user_roles, account_settings, users, accounts;
DROP FUNCTION stamp_users(), stamp_users_of_roles(), stamp_accounts_of_settings(), refuse(),
    renew_user_stamps(uuid[]), renew_account_stamps(uuid[]), pat_now();

INSERT INTO user_roles (account_id, user_id, role) SELECT f.account, id, unnest(roles) FROM seed.people, seed.facts f ORDER BY n

INSERT INTO users (id, account_id, email, name, password_hash, created_at, deactivated_at)
SELECT id, f.account, email, name, CASE WHEN NOT invited THEN f.password_hash END, created_at, deactivated_at FROM seed.people, seed.facts f ORDER BY n

DROP VIEW audit_log;
DROP TABLE audit_events, audit_principals, audit_clients;
DROP FUNCTION make_audit_partition(date), refuse_audit_change(), refuse_audit_principal_change(), refuse_audit_client_change();

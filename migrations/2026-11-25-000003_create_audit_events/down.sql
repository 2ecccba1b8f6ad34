DROP TABLE audit_events;
DROP FUNCTION make_audit_partition(date), refuse_audit_change();

DROP TABLE audit_prunings, audit_seal_traces, audit_seals;
DROP FUNCTION refuse_trace_deletion(), refuse_seal_change();

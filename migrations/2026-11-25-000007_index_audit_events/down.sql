DROP INDEX audit_events_by_token, audit_events_by_user, audit_events_by_ip, audit_events_by_type, audit_events_refused,
    audit_events_notable_by_token, audit_events_notable_by_user;

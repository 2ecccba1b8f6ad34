-- What the log is filtered by, on every month: without them a filter that matches little reads the whole open month, however large.
-- They leave out the id: rows of one instant are few, and sorting those is cheaper than carrying it. Principals and clients belong to
-- one account, so it needn't stand there either. Time ascends, as then pages that split stay full; newest first they are read backwards.
-- The method is there to tell what a token needs of its scopes without reading its million rows.
CREATE INDEX audit_events_by_principal ON audit_events (principal_id, time) INCLUDE (method);
CREATE INDEX audit_events_by_client ON audit_events (client_id, time);

-- Nearly all rows are calls that succeeded. Indexes of the others cost next to nothing.
CREATE INDEX audit_events_by_type ON audit_events (account_id, event_type, time, id) WHERE event_type <> 'web_api.called';
CREATE INDEX audit_events_refused ON audit_events (account_id, time, id) WHERE outcome = 'refused';
CREATE INDEX audit_events_notable_by_principal ON audit_events (principal_id, time) WHERE event_type <> 'web_api.called' OR outcome = 'refused';

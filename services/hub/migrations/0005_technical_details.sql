-- migrate:up

-- The trace that a revision began, by which its whole way through the services is found.
alter table entry_content add column trace_id text;

-- What people did about one thing: an entry's page shows it among what happened to the entry.
create index audit_of_subject on audit (firm_id, subject, id desc);

-- migrate:down
drop index audit_of_subject;
alter table entry_content drop column trace_id;

-- migrate:up

-- The revision whose missing accounts a person let be created; another one asks anew.
alter table entries add column creation_allowed_revision integer;

-- migrate:down
alter table entries drop column creation_allowed_revision;

-- migrate:up

-- Which keys the process in a slot holds: credentials are sealed under the newest that all at work have.
alter table slots add column key_ids text[] not null default '{}';

-- migrate:down
alter table slots drop column key_ids;

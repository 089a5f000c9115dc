-- migrate:up

-- For how many seconds after a restoration each connector's entries are in doubt; `settled_at` is that of the longest.
alter table restorations add column doubt_seconds jsonb not null default '{}';

-- migrate:down
alter table restorations drop column doubt_seconds;

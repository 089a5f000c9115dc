-- migrate:up

-- How often a fresh link was asked for since the last one came; `due_at` of a document that waits for one is when it is
-- asked for again.
alter table documents add column asks integer not null default 0;
create index documents_link_asked on documents (due_at) where state = 'link_asked';

-- migrate:down
drop index documents_link_asked;
alter table documents drop column asks;

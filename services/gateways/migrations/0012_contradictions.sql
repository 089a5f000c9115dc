-- migrate:up

-- How often in a row the software refused an entry's reference as taken and then had no such entry.
alter table deliveries add column contradictions integer not null default 0;

-- migrate:down
alter table deliveries drop column contradictions;

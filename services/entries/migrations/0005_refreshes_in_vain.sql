-- migrate:up

-- How often a refresh had been asked for without an answer when it was asked for last.
alter table refresh_asks add column in_vain integer not null default 0;

-- migrate:down
alter table refresh_asks drop column in_vain;

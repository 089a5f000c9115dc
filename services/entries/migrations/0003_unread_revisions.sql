-- migrate:up

-- The newest revision that came and was set aside. Where it is the head there is no content to judge: the accountant
-- hears that it could not be read, until it comes again in a form that can be.
alter table entries add column unread_revision integer not null default 0;

-- migrate:down
alter table entries drop column unread_revision;

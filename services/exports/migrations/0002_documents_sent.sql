-- migrate:up

-- Whether all documents of an entry went with the file: its format may carry none, and storage may have lost one.
alter table batch_entries add column documents_sent boolean not null default false;

-- migrate:down
alter table batch_entries drop column documents_sent;

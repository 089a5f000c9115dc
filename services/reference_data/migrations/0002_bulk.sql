-- migrate:up

-- Parts are written once, read once and dropped: taking them apart for queries or compressing them costs more than they do.
alter table part alter column rows type json using rows::json;
alter table part alter column rows set storage external;

-- Rows of a file are written by the tens of thousands, always under the lock of its row, and files are never deleted:
-- asking for that row again with each of them costs as much as writing it.
alter table item drop constraint item_file_id_fkey;
alter table change drop constraint change_file_id_fkey;

-- migrate:down
alter table change add constraint change_file_id_fkey foreign key (file_id) references file;
alter table item add constraint item_file_id_fkey foreign key (file_id) references file;
alter table part alter column rows set storage extended;
alter table part alter column rows type jsonb using rows::jsonb;

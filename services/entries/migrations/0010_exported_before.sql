-- migrate:up

-- What topics say of entries that are in a written import file, and that this database, restored from a backup, has not
-- seen yet: taken up when they come again (decision 19).
create table exported_before (
    file_id text not null,
    entry_id text not null,
    delivery_id text not null,
    revision integer not null,
    primary key (file_id, entry_id)
);

-- migrate:down
drop table exported_before;

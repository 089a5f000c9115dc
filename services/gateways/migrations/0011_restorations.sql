-- migrate:up

-- How often this database has beaten. The same number lies outside it, in object storage, written after each beat: a
-- database that is behind it was restored from a backup (decision 10).
create table pulse (
    the_only boolean primary key default true check (the_only),
    beat bigint not null
);
insert into pulse (beat) values (0);

-- Each time the database was restored: entries dispatched before may have reached the software without a row here.
create table restorations (
    number integer generated always as identity primary key,
    noticed_by text not null, -- pulse, person
    restored_at timestamptz not null,
    settled_at timestamptz not null -- "not found" counts from here
);

-- migrate:down
drop table restorations;
drop table pulse;

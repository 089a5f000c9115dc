-- migrate:up

-- Since when a connection sends daily and is enabled, and since when a file is active on its software file, each without
-- a break; null while it is not. An evening is only that of files which were there before it came.
alter table connections add column daily_since timestamptz;
update connections set daily_since = now() where enabled and frequency = 'daily';
alter table integrations add column active_since timestamptz;
update integrations set active_since = now() where active;

-- One evening of one file, by Paris date. From its opening on entries validated before the cut-off may leave; it stays
-- `open` until all that waited for it have been woken. `overtaken`: a later evening came first and takes its entries
-- along. `void`: a wrong clock opened it before its time; it counts for nothing, and is opened again when that comes.
create table schedules (
    file_id text not null,
    day date not null,
    cut_off timestamptz not null,
    state text not null default 'open' check (state in ('open', 'done', 'overtaken', 'void')),
    opened_at timestamptz not null,
    ended_at timestamptz,
    woken integer not null default 0,
    primary key (file_id, day)
);
create index schedules_open on schedules (file_id) where state = 'open';
create index schedules_of_file on schedules (file_id, cut_off) where state <> 'void';
create index schedules_cut_off on schedules (cut_off) where state <> 'void';

-- migrate:down
drop table schedules;
alter table integrations drop column active_since;
alter table connections drop column daily_since;

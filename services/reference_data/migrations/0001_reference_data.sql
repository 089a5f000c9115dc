-- migrate:up

-- What connections say that matters here: whether the weekly refresh of accounts is on.
create table connection (
    connection_id text primary key,
    firm_id text not null,
    version bigint not null,
    enabled boolean not null,
    synchronize_accounts boolean not null
);

-- A client file, the software file it is tied to, and the state of its reference data.
-- `snapshot_*` say of which software file the rows in `item` are; `version` counts states and never goes back.
create table file (
    file_id text primary key,
    firm_id text not null,
    integration_version bigint not null default 0,
    connection_id text,
    connector text,
    software_file_id text,
    closed boolean not null default false,
    version bigint not null default 0,
    snapshot_connection_id text,
    snapshot_software_file_id text,
    weekly_due_at timestamptz
);
create index file_weekly_due on file (weekly_due_at) where connection_id is not null and not closed;
create index file_connection on file (connection_id);

-- How fresh each kind of a file is: when the fetch that was applied last had begun.
create table freshness (
    file_id text not null references file,
    kind text not null,
    fetch_started_at timestamptz not null,
    refreshed_at timestamptz not null,
    primary key (file_id, kind)
);

-- The current rows: accounts and subsidiaries by number, journals by code, fiscal years by first day.
create table item (
    file_id text not null references file,
    kind text not null,
    code text not null,
    body jsonb not null,
    hash bytea not null,
    version bigint not null,
    primary key (file_id, kind, code)
);

-- What changed with each version: the history of every row.
create table change (
    file_id text not null references file,
    version bigint not null,
    kind text not null,
    code text not null,
    change text not null check (change in ('created', 'changed', 'removed')),
    body jsonb not null,
    changed_at timestamptz not null default now(),
    primary key (file_id, version, kind, code)
);

-- One wish to have a file's reference data fetched, and what became of it.
create table refresh (
    refresh_id text primary key,
    firm_id text not null,
    file_id text not null references file,
    connection_id text not null,
    connector text not null,
    software_file_id text not null,
    kinds text[] not null,
    reason text not null,
    state text not null check (state in ('asked', 'applied', 'failed', 'ignored', 'waits_for_person')),
    detail text not null default '',
    fetch_id text,
    failure jsonb,
    times_asked integer not null default 1,
    requested_at timestamptz not null,
    asked_at timestamptz not null default now(),
    ended_at timestamptz
);
create index refresh_open on refresh (asked_at) where state = 'asked';
create index refresh_file on refresh (file_id, requested_at desc);

-- Parts of snapshots on their way; a fetch is one run at the software, and parts of two runs never meet.
create table part (
    fetch_id text not null,
    part integer not null,
    rows jsonb not null,
    arrived_at timestamptz not null default now(),
    primary key (fetch_id, part)
);
create table fetched (
    fetch_id text primary key,
    refresh_id text not null,
    event jsonb not null,
    arrived_at timestamptz not null default now()
);

-- migrate:down
drop table fetched;
drop table part;
drop table refresh;
drop table change;
drop table item;
drop table freshness;
drop table file;
drop table connection;

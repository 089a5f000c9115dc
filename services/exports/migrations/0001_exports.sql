-- migrate:up

-- Batches of entries that go into one import file. A batch is gathered until it is whole (`gathered` = `size`), then
-- written by the holder of `lease`; `opened` is the event that says what is to be written, null until it has come.
create table batches (
    export_id text primary key,
    firm_id text not null,
    file_id text not null,
    again boolean not null default false, -- copies of what is in the books: nobody waits for an answer
    size integer not null,
    gathered integer not null default 0,
    opened jsonb,
    traceparent text,
    deadline timestamptz,
    state text not null default 'gathering' check (state in ('gathering', 'written', 'stopped', 'recalled')),
    lease uuid,
    leased_until timestamptz,
    files jsonb not null default '[]', -- with the keys under which they lie in storage
    began_at timestamptz not null default now(),
    ended_at timestamptz
);
create index batches_gathering on batches (began_at) where state = 'gathering';

-- A delivery of a batch. `dispatch` is the event's body as it came, gone once the batch has ended.
create table batch_entries (
    delivery_id text primary key,
    export_id text not null references batches,
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    revision integer not null,
    sequence bigint not null,
    dispatch json,
    has_documents boolean not null,
    traceparent text,
    state text not null check (state in ('queued', 'confirmed', 'recalled')),
    version bigint not null
);
create unique index batch_entries_in_order on batch_entries (export_id, sequence);

-- Recalls by delivery: one may arrive before the dispatch it is about.
create table recalls (
    delivery_id text primary key,
    requested_at timestamptz not null
);

-- migrate:down
drop table recalls, batch_entries, batches;

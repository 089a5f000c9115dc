-- migrate:up

-- Places that gateway processes hold, one each. A new run of a slot proves that the earlier one is dead.
create table slots (
    slot text primary key,
    run uuid not null,
    started_at timestamptz not null default now()
);

-- What the hub last said of a connection.
create table connections (
    connection_id text primary key,
    firm_id text not null,
    connector text not null,
    version bigint not null,
    enabled boolean not null,
    key_id text not null,
    box text not null, -- sealed credentials
    parameters jsonb not null,
    throttle jsonb, -- null: the data sheet's
    changed_at timestamptz not null default now()
);
create index connections_key_id on connections (connector, key_id);

-- A connection's work has one owner at a time, by lease; there is a row from the first thing heard of a connection.
create table lanes (
    connection_id text primary key,
    firm_id text not null,
    connector text not null,
    due_at timestamptz, -- of the earliest thing that can be done; null: nothing
    lease_token bigint not null default 0, -- rises at each take; every write of an owner checks it
    lease_slot text,
    lease_run uuid,
    lease_until timestamptz, -- null: given back
    requests_made jsonb not null default '[]', -- [age in seconds, count], as of requests_at
    requests_at timestamptz not null default now(),
    failures integer not null default 0, -- tries in a row that failed
    failing_since timestamptz,
    failed_at timestamptz,
    paused_until timestamptz,
    halted_version bigint, -- of the connection, whose credentials the software refused
    health text,
    health_version bigint not null default 0,
    health_since timestamptz,
    health_message jsonb
);
create index lanes_due on lanes (connector, due_at) where due_at is not null;

-- migrate:down
drop table lanes;
drop table connections;
drop table slots;

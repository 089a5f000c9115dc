-- migrate:up

-- What this service has consumed: an event acts once per consumer (DESIGN 4, "twice is once").
create table inbox (
    consumer text not null,
    source text not null,
    event_id text not null,
    body_hash bytea not null,
    repeats integer not null default 0,
    received_at timestamptz not null default now(),
    primary key (consumer, source, event_id)
);
create index inbox_received_at on inbox using brin (received_at);

-- What this service has said but the broker has not confirmed yet. Rows are deleted once they are on the topic.
create table outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key text not null,
    headers jsonb not null,
    body bytea not null,
    created_at timestamptz not null default now()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);

-- What could not be processed, with its bytes and the reason, to be replayed or closed by a person. `entered`: the
-- inbox holds it as consumed. The hash tells a record from one that had its place before the topic was made anew.
create table set_aside (
    id bigint generated always as identity primary key,
    consumer text not null,
    topic text not null,
    partition integer,
    record_offset bigint,
    key bytea,
    headers jsonb not null,
    body bytea,
    reason text not null,
    detail text not null default '',
    traceparent text,
    entered boolean not null default false,
    set_aside_at timestamptz not null default now(),
    replayed_at timestamptz,
    closed_at timestamptz,
    closed_note text
);
create unique index set_aside_record on set_aside
    (consumer, topic, partition, record_offset, sha256(coalesce(body, '')))
    where record_offset is not null;
create index set_aside_open on set_aside (set_aside_at) where replayed_at is null and closed_at is null;

-- migrate:down
drop table set_aside;
drop table outbox;
drop table inbox;

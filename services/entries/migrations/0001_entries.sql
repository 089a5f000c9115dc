-- migrate:up

-- ── What others say, kept at its highest version ────────────────────────────────────────────────────────────────────

create table firms (
    firm_id text primary key,
    version bigint not null
);

-- A client file. Its row is also the lock between those who change what entries wait for (for update) and the
-- evaluation of its entries (for share): so no entry is left waiting for something that has just come.
create table files (
    file_id text primary key,
    firm_id text not null,
    version bigint not null,
    closed_at timestamptz
);

create table connectors (
    connector text primary key,
    version bigint not null,
    sheet jsonb not null
);

create table connections (
    connection_id text primary key,
    firm_id text not null,
    connector text not null,
    version bigint not null,
    enabled boolean not null,
    frequency text not null
);

-- How a connection fares, as far as it matters here: whether the software can be asked at all.
create table connection_health (
    connection_id text primary key,
    version bigint not null,
    connected boolean not null
);

create table integrations (
    file_id text primary key,
    firm_id text not null,
    version bigint not null,
    connection_id text,
    connector text,
    software_file_id text,
    active boolean not null,
    send_from date,
    before_send_from text not null,
    journal_map jsonb not null,
    policies jsonb not null
);
create index integrations_connection on integrations (connection_id);

-- Entries validated before `before` may leave: someone pressed Synchronize.
create table releases (
    file_id text primary key,
    before timestamptz not null
);

-- ── Reference data of the software file ─────────────────────────────────────────────────────────────────────────────

-- `refreshed_at` says for each kind when it was last fetched.
create table reference_files (
    file_id text primary key,
    connection_id text not null,
    software_file_id text not null,
    version bigint not null,
    refreshed_at jsonb not null default '{}',
    full_asked_at timestamptz
);

create table reference_accounts (
    file_id text not null,
    kind text not null check (kind in ('accounts', 'subsidiaries')),
    number text not null,
    closed boolean not null,
    primary key (file_id, kind, number)
);

create table reference_journals (
    file_id text not null,
    code text not null,
    closed boolean not null,
    primary key (file_id, code)
);

create table reference_years (
    file_id text not null,
    start_date date not null,
    end_date date not null,
    closed boolean not null,
    primary key (file_id, start_date)
);

-- Parts of a difference that is not whole yet.
create table reference_parts (
    file_id text not null,
    version bigint not null,
    full_state boolean not null,
    part integer not null,
    event jsonb not null,
    primary key (file_id, version, full_state, part)
);

-- The last refresh that an entry asked for, by kind.
create table refresh_asks (
    file_id text not null,
    kind text not null,
    asked_at timestamptz not null,
    primary key (file_id, kind)
);

-- ── Entries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Records whose firm or file is not known yet, as they came.
create table held_records (
    id bigint generated always as identity primary key,
    firm_id text not null,
    file_id text not null,
    consumer text not null,
    topic text not null,
    partition integer,
    record_offset bigint,
    key bytea,
    headers jsonb not null,
    body bytea,
    traceparent text,
    held_at timestamptz not null default now()
);

-- How many ACK codes a file has issued, and how many deliveries it has dispatched. Two tables, because intake and
-- dispatch lock them in different orders.
create table issued_codes (
    file_id text primary key,
    issued bigint not null
);
create table sequences (
    file_id text primary key,
    last bigint not null
);

-- `revision` is the highest one known, validated or undone. `returned_revision` was returned by pre-flight,
-- `accepted_revision` is in the books. `visible` is what the last `entry.status_changed` said. `check_due` is when the
-- entry is looked at next; null for entries that only an event can move.
create table entries (
    file_id text not null,
    entry_id text not null,
    firm_id text not null,
    arrived bigint generated always as identity,
    ack_code text not null,
    revision integer not null default 0,
    undone_revision integer not null default 0,
    returned_revision integer not null default 0,
    accepted_revision integer,
    duplicate_key bytea,
    duplicate_answer text check (duplicate_answer in ('distinct')),
    delivery_id text,
    status text not null default 'ready',
    visible jsonb not null default '{}',
    version bigint not null default 0,
    changed_at timestamptz not null default now(),
    check_due timestamptz,
    primary key (file_id, entry_id),
    unique (file_id, ack_code)
) with (fillfactor = 80);
create index entries_due on entries (check_due, arrived) where check_due is not null;
create index entries_waiting on entries (file_id) where check_due is not null;
create index entries_duplicates on entries (file_id, duplicate_key) where duplicate_key is not null;

create table revisions (
    file_id text not null,
    entry_id text not null,
    revision integer not null,
    content json not null,
    content_bytes integer not null,
    content_hash bytea not null,
    validated_at timestamptz not null,
    received_at timestamptz not null default now(),
    traceparent text,
    primary key (file_id, entry_id, revision)
);

-- The documents of an entry's newest revision. `links_asked` counts the links that ended before it was kept; `lease`
-- names the one that fetches, until `leased_until`.
create table documents (
    file_id text not null,
    entry_id text not null,
    document_id text not null,
    firm_id text not null,
    revision integer not null,
    sha256 text not null,
    size bigint not null,
    media_type text not null,
    url text not null,
    url_expires_at timestamptz not null,
    state text not null default 'wanted' check (state in ('wanted', 'link_asked', 'kept', 'refused')),
    storage_key text,
    finding jsonb,
    tries integer not null default 0,
    links_asked integer not null default 0,
    due_at timestamptz not null default now(),
    lease uuid,
    leased_until timestamptz,
    traceparent text,
    primary key (file_id, entry_id, document_id)
);
create index documents_wanted on documents (due_at) where state = 'wanted';
create index documents_renewable on documents (file_id, document_id) where state in ('wanted', 'link_asked');

-- `dispatch` is the dispatched event without the entry itself. `acknowledge_by` is null once a gateway has spoken.
create table deliveries (
    delivery_id text primary key,
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    revision integer not null,
    connection_id text not null,
    software_file_id text not null,
    dispatch jsonb not null,
    traceparent text,
    dispatched_at timestamptz not null,
    issue integer not null default 1,
    acknowledge_by timestamptz,
    open boolean not null default true,
    state text not null default 'queued',
    version bigint not null default 0,
    change jsonb,
    recall_requested_at timestamptz,
    recall_too_late boolean not null default false
) with (fillfactor = 80);
create unique index deliveries_one_open on deliveries (firm_id, file_id, entry_id) where open;
create index deliveries_open_file on deliveries (file_id) where open;
create index deliveries_unacknowledged on deliveries (acknowledge_by) where open and acknowledge_by is not null;

create table status_history (
    file_id text not null,
    entry_id text not null,
    version bigint not null,
    revision integer not null,
    status text not null,
    visible jsonb not null,
    changed_at timestamptz not null,
    primary key (file_id, entry_id, version)
);

-- migrate:down
drop table status_history, deliveries, documents, revisions, entries, sequences, issued_codes, held_records,
    refresh_asks, reference_parts, reference_years, reference_journals, reference_accounts, reference_files, releases,
    integrations, connection_health, connections, connectors, files, firms;

-- migrate:up

-- What a firm connected, mapped and activated, and what became of its entries.
-- A transaction sees the rows of the firm it names (`qontable.firm_id`); consumers act for the house (`qontable.scope`).

-- ── Who ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

create table firm (
    firm_id text primary key,
    version bigint not null,
    name text not null,
    siren text,
    first_administrator text not null,
    known_at timestamptz not null default now()
);

create table member (
    firm_id text not null,
    user_id text not null,
    name text not null,
    email text not null,
    role text not null check (role in ('administrator', 'collaborator')),
    known_at timestamptz not null default now(),
    primary key (firm_id, user_id)
);

-- A token is known by its hash only.
create table api_token (
    token_id text primary key,
    firm_id text not null,
    user_id text not null,
    token_hash bytea not null unique,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    foreign key (firm_id, user_id) references member (firm_id, user_id)
);
create index api_token_member on api_token (firm_id, user_id);

-- Who did what, when. Rows are only ever added.
create table audit (
    id bigint generated always as identity primary key,
    firm_id text not null,
    at timestamptz not null default now(),
    user_id text not null,
    action text not null,
    subject text not null,
    details jsonb not null
);
create index audit_of_firm on audit (firm_id, id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end
$$;
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change();

-- ── Connections ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- The data sheet as the gateways announced it, and the public key under which credentials are sealed for it.
create table connector (
    connector text primary key,
    version bigint not null,
    sheet jsonb not null,
    sealing_key_id text not null,
    sealing_key text not null,
    announced_at timestamptz not null default now()
);

-- `version` 0: no credentials were confirmed yet, nothing was published.
-- `credentials_version` is the version under which a person last confirmed credentials: a box sealed again from an
-- older version is out of date, one from a later version (options changed since) is not.
create table connection (
    connection_id text primary key,
    firm_id text not null,
    connector text not null references connector (connector),
    name text not null,
    version bigint not null default 0,
    credentials_version bigint not null default 0,
    enabled boolean not null default false,
    key_id text,
    box text,
    parameters jsonb not null default '{}',
    frequency text not null check (frequency in ('real_time', 'daily', 'manual')),
    synchronize_accounts boolean not null,
    throttle jsonb,
    health text,
    health_version bigint not null default -1,
    health_since timestamptz,
    health_message jsonb,
    created_at timestamptz not null default now(),
    created_by text not null,
    unique (firm_id, connection_id),
    check (version = 0 or (key_id is not null and box is not null))
);

-- One trial of credentials. The box is forgotten when it was confirmed, overtaken or left for a day.
create table connection_check (
    check_id text primary key,
    firm_id text not null,
    connection_id text not null,
    purpose text not null check (purpose in ('credentials', 'listing')),
    software_file_id text,
    key_id text,
    box text,
    parameters jsonb not null,
    status text not null default 'pending' check (status in ('pending', 'accepted', 'refused', 'unreachable')),
    message jsonb,
    software_files jsonb not null default '[]',
    prerequisites jsonb not null default '[]',
    requested_by text not null,
    requested_at timestamptz not null default now(),
    checked_at timestamptz,
    confirmed_at timestamptz,
    foreign key (firm_id, connection_id) references connection (firm_id, connection_id)
);
create index connection_check_of on connection_check (connection_id, requested_at desc);
create index connection_check_sealed on connection_check (requested_at) where box is not null;

create table software_file (
    connection_id text not null,
    software_file_id text not null,
    firm_id text not null,
    name text not null,
    code text,
    siren text,
    primary key (connection_id, software_file_id),
    foreign key (firm_id, connection_id) references connection (firm_id, connection_id)
);

-- ── Client files ────────────────────────────────────────────────────────────────────────────────────────────────────

-- What the platform says of it. `version` 0: only its end was heard of so far.
create table client_file (
    firm_id text not null,
    file_id text not null,
    version bigint not null,
    name text not null,
    siren text,
    code text,
    closed_at timestamptz,
    primary key (firm_id, file_id)
);

-- What the firm decided for it. `version` 0: nothing yet, nothing was published.
create table integration (
    firm_id text not null,
    file_id text not null,
    version bigint not null default 0,
    connection_id text,
    connector text,
    software_file jsonb,
    software_file_id text generated always as (software_file ->> 'software_file_id') stored,
    active boolean not null default false,
    send_from date,
    before_send_from text not null default 'wait' check (before_send_from in ('wait', 'already_in_books')),
    journal_map jsonb not null default '{}',
    policies jsonb not null default '{}',
    primary key (firm_id, file_id),
    foreign key (firm_id, file_id) references client_file (firm_id, file_id),
    foreign key (firm_id, connection_id) references connection (firm_id, connection_id),
    check ((connection_id is null) = (software_file is null) and (connection_id is null) = (connector is null)),
    check (not active or (connection_id is not null and send_from is not null))
);
create unique index integration_software_file on integration (connection_id, software_file_id)
    where connection_id is not null;

-- Where the last refresh of a file's reference data stands. `version` 0: none has arrived for this software file.
-- `retrieved_at` and `refreshed_at` are when the gateway began to fetch what was retrieved, what was applied last.
create table reference_state (
    firm_id text not null,
    file_id text not null,
    state text not null check (state in ('asked', 'retrieved', 'failed', 'refreshed')),
    refresh_id text,
    asked_at timestamptz,
    asked_by text,
    retrieved_at timestamptz,
    ended_at timestamptz,
    failure jsonb,
    software_file_id text,
    version bigint not null default 0,
    refreshed_at timestamptz,
    changes jsonb,
    primary key (firm_id, file_id)
);

-- ── Entries: a read model ───────────────────────────────────────────────────────────────────────────────────────────

create table entry (
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    version bigint not null,
    revision integer not null,
    status text not null,
    detail text,
    waiting_for jsonb not null,
    findings jsonb not null,
    message jsonb,
    cause text,
    delivery_id text,
    delivery_state text,
    documents text not null,
    software_entry_id text,
    open_difference boolean not null,
    cuts jsonb not null,
    summary jsonb not null,
    kind text,
    journal text,
    entry_date date,
    label text,
    amount numeric,
    currency text,
    document_number text,
    invoice_number text,
    third_party text,
    changed_at timestamptz not null,
    corrected_revision integer,
    corrected_at timestamptz,
    corrected_by text,
    -- Entries without a readable date need someone: they come first in lists, which begin with the latest.
    sort_date date generated always as (coalesce(entry_date, date '9999-12-31')) stored,
    primary key (firm_id, file_id, entry_id)
) with (fillfactor = 80);
create index entry_by_date on entry (firm_id, file_id, sort_date desc, entry_id desc);
create index entry_by_status on entry (firm_id, file_id, status);
create index entry_undecided on entry (firm_id, file_id) where delivery_state in ('unknown', 'missing', 'parked');

-- Everything an entry went through, as it was said.
create table entry_history (
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    version bigint not null,
    revision integer not null,
    status text not null,
    said jsonb not null,
    changed_at timestamptz not null,
    primary key (firm_id, file_id, entry_id, version)
);

create table entry_attempt (
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    delivery_id text not null,
    attempt integer not null,
    operation text not null,
    revision integer not null,
    outcome text not null,
    http_status integer,
    request_id text,
    request_sha256 text,
    payload_key text,
    message jsonb,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    primary key (firm_id, file_id, entry_id, delivery_id, attempt, operation)
);

-- ── Views: what a file's line shows ─────────────────────────────────────────────────────────────────────────────────

create view file_overview with (security_invoker = true) as
select
    client_file.firm_id, client_file.file_id, client_file.name, client_file.siren, client_file.code,
    client_file.closed_at,
    integration.version, integration.connection_id, integration.connector, integration.software_file,
    integration.active, integration.send_from, integration.before_send_from,
    integration.journal_map, integration.policies,
    coalesce(reference_state.version, 0) as reference_version, reference_state.refreshed_at as reference_refreshed_at,
    case
        when client_file.closed_at is not null then 'closed'
        when integration.connection_id is null then 'to_map'
        when not integration.active then 'to_activate'
        when not connection.enabled then 'suspended'
        when connection.health <> 'connected' or reference_state.state = 'failed' then 'problem'
        when coalesce(reference_state.version, 0) = 0 then 'activating'
        else 'active'
    end as state,
    connection.frequency
from client_file
join integration using (firm_id, file_id)
left join connection on connection.connection_id = integration.connection_id
left join reference_state
    on reference_state.firm_id = client_file.firm_id and reference_state.file_id = client_file.file_id
where client_file.version > 0;

-- ── Who sees what ───────────────────────────────────────────────────────────────────────────────────────────────────

do $$
declare
    firm_table text;
begin
    foreach firm_table in array array[
        'firm', 'member', 'api_token', 'audit', 'connection', 'connection_check', 'software_file',
        'client_file', 'integration', 'reference_state', 'entry', 'entry_history', 'entry_attempt'
    ] loop
        execute format('alter table %I enable row level security', firm_table);
        execute format('alter table %I force row level security', firm_table);
        execute format(
            'create policy one_firm on %I using (current_setting(''qontable.scope'', true) = ''service'' '
            'or firm_id = current_setting(''qontable.firm_id'', true))',
            firm_table
        );
    end loop;
end
$$;

-- Whoever presents a token may read its row, by which the firm becomes known.
create policy presented on api_token for select
    using (token_hash = decode(nullif(current_setting('qontable.token_hash', true), ''), 'hex'));

-- Data sheets belong to no firm: all read them, consumers write them.
alter table connector enable row level security;
alter table connector force row level security;
create policy readable on connector for select using (true);
create policy by_service on connector using (current_setting('qontable.scope', true) = 'service');

-- The kit's tables hold records of every firm: a firm's transaction may add to the outbox and see nothing.
alter table outbox enable row level security;
alter table outbox force row level security;
create policy by_service on outbox using (current_setting('qontable.scope', true) = 'service');
create policy sayable on outbox for insert with check (true);
alter table inbox enable row level security;
alter table inbox force row level security;
create policy by_service on inbox using (current_setting('qontable.scope', true) = 'service');
alter table set_aside enable row level security;
alter table set_aside force row level security;
create policy by_service on set_aside using (current_setting('qontable.scope', true) = 'service');

-- migrate:down
drop view file_overview;
drop table entry_attempt, entry_history, entry, reference_state, integration, client_file, software_file,
    connection_check, connection, connector, audit, api_token, member, firm;
drop function refuse_change();
alter table outbox disable row level security;
drop policy by_service on outbox;
drop policy sayable on outbox;
alter table inbox disable row level security;
drop policy by_service on inbox;
alter table set_aside disable row level security;
drop policy by_service on set_aside;

-- migrate:up

-- A client file in an accounting software that the sandbox stands in for. `id` is what the vendor's API calls it.
-- Ids of different things start far apart, so that a client that mixes them up is refused instead of lucky.
create table software_files (
    id bigint generated always as identity (start 4521) primary key,
    connector text not null,
    firm text not null,
    code text not null,
    name text not null,
    siret text,
    unique_references boolean not null default true,
    answers_with_entry boolean not null default true,
    created_at timestamptz not null default now(),
    unique (connector, code)
);

-- Keys that a firm made in its software. Only hashes are kept. Without `software_file_id` the key reaches every file of
-- the firm. A limit that is null is the vendor's own.
create table software_tokens (
    id bigint generated always as identity (start 201) primary key,
    connector text not null,
    firm text not null,
    token_sha256 bytea not null,
    secret_sha256 bytea not null,
    software_file_id bigint references software_files on delete cascade,
    activated boolean not null default false,
    revoked boolean not null default false,
    disconnected boolean not null default false,
    forbidden_routes text[] not null default '{}',
    requests integer check (requests > 0),
    seconds double precision check (seconds > 0),
    concurrent integer check (concurrent > 0),
    unique (connector, token_sha256)
);

create table software_accounts (
    id bigint generated always as identity (start 910001) primary key,
    software_file_id bigint not null references software_files on delete cascade,
    number text collate "C" not null,
    label text not null,
    closed boolean not null default false,
    unique (software_file_id, number)
);

-- `type` is one of the kit's journal types; each vendor has its own code for it.
create table software_journals (
    id bigint generated always as identity (start 77101) primary key,
    software_file_id bigint not null references software_files on delete cascade,
    code text not null,
    name text not null,
    type text not null,
    account_id bigint references software_accounts,
    locked boolean not null default false,
    closed boolean not null default false,
    unique (software_file_id, code)
);

create table software_fiscal_years (
    id bigint generated always as identity (start 51) primary key,
    software_file_id bigint not null references software_files on delete cascade,
    start_date date not null,
    end_date date not null check (end_date > start_date),
    closed_at timestamptz,
    unique (software_file_id, start_date)
);

-- A period that a person locked, for one journal or, without one, for all.
create table software_locked_periods (
    id bigint generated always as identity primary key,
    software_file_id bigint not null references software_files on delete cascade,
    journal_id bigint references software_journals on delete cascade,
    start_date date not null,
    end_date date not null,
    locked_by text not null,
    locked_at timestamptz not null default now()
);

create table software_axes (
    id bigint generated always as identity (start 5401) primary key,
    software_file_id bigint not null references software_files on delete cascade,
    code text not null,
    label text not null,
    unique (software_file_id, code)
);

create table software_sections (
    id bigint generated always as identity (start 518001) primary key,
    axis_id bigint not null references software_axes on delete cascade,
    code text not null,
    label text not null,
    unique (axis_id, code)
);

-- The books. An entry whose software file does not ask for unique references is written with `unique_reference` false.
create table booked_entries (
    id bigint generated always as identity (start 13500001) primary key,
    software_file_id bigint not null references software_files on delete cascade,
    pending boolean not null,
    reference text,
    unique_reference boolean not null,
    journal_id bigint not null references software_journals,
    date date not null,
    metadata text,
    comment text,
    booked_at timestamptz not null default now()
);
create unique index booked_entries_unique_reference on booked_entries (software_file_id, reference)
    where unique_reference;
create index booked_entries_reference on booked_entries (software_file_id, reference);

create table booked_lines (
    id bigint generated always as identity (start 43200001) primary key,
    entry_id bigint not null references booked_entries on delete cascade,
    number integer not null,
    account_id bigint not null references software_accounts,
    label text not null,
    debit numeric(18, 2) not null,
    credit numeric(18, 2) not null,
    due_date date not null,
    piece text,
    invoice_number text,
    currency text not null,
    foreign_amount numeric,
    analytic jsonb not null,
    unique (entry_id, number)
);
create index booked_lines_account on booked_lines (account_id);

-- A document of an entry, or of one line where `line` says which. What it is, not its bytes.
create table booked_documents (
    id bigint generated always as identity (start 650001) primary key,
    entry_id bigint not null references booked_entries on delete cascade,
    line integer,
    name text not null,
    media_type text not null,
    size bigint not null,
    sha256 text not null,
    attached_at timestamptz not null default now()
);
create index booked_documents_entry on booked_documents (entry_id);

-- Requests that the software took and works off later (the fault "book later"): they survive a restart.
create table late_requests (
    id bigint generated always as identity primary key,
    connector text not null,
    route text not null,
    software_file_id bigint not null references software_files on delete cascade,
    query jsonb not null,
    body bytea not null,
    due_at timestamptz not null
);
create index late_requests_due on late_requests (due_at);

-- What the stand-in platform published, every revision of every entry: what the books are judged by.
-- `journal_code` is the software's journal where the file maps journals; without it the content's own code is expected.
create table published (
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    revision integer not null,
    connector text not null,
    software_file_id text not null,
    key text not null,
    reference text not null,
    journal_code text,
    content jsonb not null,
    documents text[] not null,
    state text not null default 'published' check (state in ('published', 'withdrawn', 'refused')),
    reason text,
    published_at timestamptz not null default now(),
    primary key (firm_id, file_id, entry_id, revision)
);
create index published_reference on published (connector, software_file_id, reference);
create index published_recently on published (connector, published_at);

-- migrate:down
drop table published;
drop table late_requests;
drop table booked_documents;
drop table booked_lines;
drop table booked_entries;
drop table software_sections;
drop table software_axes;
drop table software_locked_periods;
drop table software_fiscal_years;
drop table software_journals;
drop table software_accounts;
drop table software_tokens;
drop table software_files;

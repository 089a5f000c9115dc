-- migrate:up

-- What is switched in a stand-in software for one client file, in the software's own words, and how far that file's
-- clock is ahead: what waits there for a time comes due when the clock is moved.
create table software_settings (
    software_file_id bigint primary key references software_files on delete cascade,
    settings jsonb not null default '{}',
    clock_ahead double precision not null default 0
);

create function software_now(file_id bigint) returns timestamptz language sql volatile as $$
    select clock_timestamp() + make_interval(
        secs => coalesce((select clock_ahead from software_settings where software_file_id = file_id), 0))
$$;

-- Imports that a software registers at once and carries out later. `effect` is what a fault makes of them.
create table import_requests (
    id uuid primary key,
    software_file_id bigint not null references software_files on delete cascade,
    body bytea not null,
    effect text not null,
    effect_seconds double precision not null,
    state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'refused')),
    reasons text[] not null default '{}',
    received_at timestamptz not null,
    due_at timestamptz not null
);
create index import_requests_due on import_requests (due_at) where state in ('waiting', 'running');
create index import_requests_file on import_requests (software_file_id, received_at);

-- Documents that a software fetches by itself from where an import says. `place` is the line of the import. Attached to
-- the entry once both are there.
create table pulled_documents (
    id bigint generated always as identity primary key,
    import_id uuid not null references import_requests on delete cascade,
    place integer not null,
    uri text not null,
    state text not null default 'pending' check (state in ('pending', 'fetched', 'missing')),
    tries integer not null default 0,
    problem text,
    due_at timestamptz not null,
    ends_at timestamptz not null,
    name text,
    media_type text,
    size bigint,
    sha256 text,
    content bytea,
    entry_id bigint references booked_entries on delete cascade,
    entry_line integer
);
create index pulled_documents_due on pulled_documents (due_at) where state = 'pending';
create index pulled_documents_import on pulled_documents (import_id);

-- The general account that a line names itself, beside the third party's account.
alter table booked_lines add column general text;

-- migrate:down
alter table booked_lines drop column general;
drop table pulled_documents;
drop table import_requests;
drop function software_now;
drop table software_settings;

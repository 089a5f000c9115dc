-- migrate:up

-- Reference data of software files, row by row, as `accounts.refreshed` says it: what a file's reference page lists.
-- `code` is an account's number, a journal's code or the first day of a year; `details` what only one kind has.
create table reference_row (
    firm_id text not null,
    file_id text not null,
    kind text not null check (kind in ('accounts', 'subsidiaries', 'journals', 'fiscal_years')),
    code text collate "C" not null,
    label text not null,
    closed boolean not null,
    details jsonb not null,
    primary key (firm_id, file_id, kind, code)
);

-- Which version of which software file those rows are, how many of each kind, and when each kind was last fetched.
create table reference_held (
    firm_id text not null,
    file_id text not null,
    connection_id text not null,
    software_file_id text not null,
    version bigint not null,
    counts jsonb not null default '{}',
    fetched_at jsonb not null default '{}',
    full_asked_at timestamptz,
    primary key (firm_id, file_id)
);

-- Parts of a version that has not arrived whole yet.
create table reference_part (
    firm_id text not null,
    file_id text not null,
    version bigint not null,
    full_state boolean not null,
    part integer not null,
    event jsonb not null,
    primary key (firm_id, file_id, version, full_state, part)
);

-- Refreshes that came through, and how many rows of each kind they created, changed and removed.
create table reference_refresh (
    firm_id text not null,
    file_id text not null,
    refreshed_at timestamptz not null,
    version bigint not null,
    software_file_id text not null,
    kinds jsonb not null,
    changes jsonb not null,
    primary key (firm_id, file_id, refreshed_at, version)
);

do $$
declare
    firm_table text;
begin
    foreach firm_table in array array['reference_row', 'reference_held', 'reference_part', 'reference_refresh'] loop
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

-- migrate:down
drop table reference_refresh, reference_part, reference_held, reference_row;

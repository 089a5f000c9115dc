-- migrate:up

-- Formats of import files as exports announced them. They belong to no firm: all read them, consumers write them.
create table export_format (
    format text primary key,
    version bigint not null,
    said jsonb not null,
    announced_at timestamptz not null default now()
);
alter table export_format enable row level security;
alter table export_format force row level security;
create policy readable on export_format for select using (true);
create policy by_service on export_format using (current_setting('qontable.scope', true) = 'service');

-- Import files that people asked for, one row for each client file, and what came of them. `wish` is what the person
-- said: the same request must say the same.
create table export (
    firm_id text not null,
    export_id text not null,
    file_id text not null,
    wish jsonb not null,
    requested_by text not null,
    requested_at timestamptz not null,
    state text not null default 'requested' check (state in ('requested', 'written', 'stopped', 'recalled')),
    outcome jsonb not null default '{}',
    completed_at timestamptz,
    primary key (firm_id, export_id),
    foreign key (firm_id, file_id) references client_file (firm_id, file_id)
);
create index export_history on export (firm_id, requested_at desc, export_id desc);
alter table export enable row level security;
alter table export force row level security;
create policy one_firm on export using (current_setting('qontable.scope', true) = 'service'
    or firm_id = current_setting('qontable.firm_id', true));

-- migrate:down
drop table export, export_format;

-- migrate:up

-- Due work of a lane beside deliveries: checks, probes, refreshes of reference data, creation of accounts.
create table jobs (
    kind text not null,
    job_id text not null,
    firm_id text not null,
    connection_id text not null,
    connector text not null,
    request json not null, -- the event's body as it came
    traceparent text,
    tries integer not null default 0,
    due_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    done_at timestamptz,
    outcome text,
    message jsonb,
    primary key (kind, job_id)
);
create index jobs_due on jobs (connection_id, due_at) where done_at is null;

-- The ids that a software gives to accounts and journals of one of its files. They never leave the gateways.
create table books (
    connection_id text not null,
    software_file text not null,
    kind text not null,
    number text not null,
    id text not null,
    primary key (connection_id, software_file, kind, number)
);

-- migrate:down
drop table books;
drop table jobs;

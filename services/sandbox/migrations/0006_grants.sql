-- migrate:up

-- Scopes of a key, where a software has them (null: all of them), and its end, where it ends by itself.
alter table software_tokens add column scopes text[], add column expires_at timestamptz;

-- Whether what is booked lands among the drafts, for a person to validate.
alter table software_files add column books_as_draft boolean not null default false;

-- Applications that a vendor registered, and what firms granted them: a code that is exchanged once, a token that renews
-- an access once and is gone then. `access_token_id` is the access that came with it and ends with it.
create table software_clients (
    connector text not null,
    client_id text not null,
    secret_sha256 bytea not null,
    primary key (connector, client_id)
);
create table software_grants (
    id bigint generated always as identity primary key,
    connector text not null,
    firm text not null,
    client_id text not null,
    kind text not null check (kind in ('code', 'refresh')),
    token_sha256 bytea not null,
    redirect_uri text,
    scopes text[],
    access_token_id bigint references software_tokens on delete set null,
    expires_at timestamptz not null,
    used_at timestamptz,
    unique (connector, token_sha256),
    foreign key (connector, client_id) references software_clients
);

-- Files that were uploaded before the entry that names them. What they are, not their bytes.
create table software_attachments (
    id bigint generated always as identity (start 880001) primary key,
    software_file_id bigint not null references software_files on delete cascade,
    name text not null,
    media_type text not null,
    size bigint not null,
    sha256 text not null,
    uploaded_at timestamptz not null default now()
);

-- migrate:down
drop table software_attachments;
drop table software_grants;
drop table software_clients;
alter table software_files drop column books_as_draft;
alter table software_tokens drop column scopes, drop column expires_at;

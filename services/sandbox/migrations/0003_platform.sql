-- migrate:up

-- The stand-in platform's own books: firms, client files, entries with what it heard of them, documents.
create table platform_firms (
    firm_id text primary key,
    version integer not null,
    content jsonb not null
);

create table platform_files (
    file_id text primary key,
    firm_id text not null references platform_firms,
    version integer not null,
    content jsonb not null
);

-- One row an entry: its newest revision, of which the platform is the only author, and the newest status it heard.
-- `connector` and `software_file_id` are where the entry goes, which the judge has to know.
create table platform_entries (
    file_id text not null references platform_files,
    entry_id text not null,
    firm_id text not null,
    key text not null,
    revision integer not null,
    connector text not null,
    software_file_id text not null,
    published_at timestamptz not null default now(),
    status text,
    status_revision integer,
    status_version bigint,
    detail text,
    waiting_for text[] not null default '{}',
    findings jsonb not null default '[]',
    message jsonb,
    documents text,
    changed_at timestamptz,
    primary key (file_id, entry_id)
);

-- Bytes lie in object storage under the hash; a document that is gone is served and linked no more.
create table platform_documents (
    document_id text primary key,
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    file_name text not null,
    media_type text not null,
    size bigint not null,
    sha256 text not null,
    gone boolean not null default false
);

-- What document links are signed with; a restart does not end links.
create table platform_link_key (
    key bytea not null
);
insert into platform_link_key
values (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

-- migrate:down
drop table platform_link_key;
drop table platform_documents;
drop table platform_entries;
drop table platform_files;
drop table platform_firms;

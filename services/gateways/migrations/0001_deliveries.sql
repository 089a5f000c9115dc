-- migrate:up

-- The work of getting one entry into one software file (DESIGN 5). Everything that decides what happens next is a column.
create table deliveries (
    delivery_id text primary key,
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    revision integer not null,
    connector text not null,
    connection_id text not null,
    software_file text not null,
    sequence bigint not null,
    dispatch json not null, -- the event's body as it came
    traceparent text,
    state text not null,
    version bigint not null,
    document_state text not null default 'none',
    software_entry_id text,
    message jsonb,
    cuts jsonb not null default '[]',
    handle text, -- what the software gave us to ask for a job by
    attempts integer not null default 0,
    failures integer not null default 0,
    failing_since timestamptz, -- retries end 72 hours after it
    absences integer not null default 0,
    settled_at timestamptz, -- in doubt since an attempt; "not found" counts from here
    orphan_slot text, -- who owned the attempt that nobody answered for
    orphan_run uuid,
    recall_requested boolean not null default false,
    due_at timestamptz, -- null: nothing to do, closed or a person's turn
    queued_at timestamptz not null,
    changed_at timestamptz not null
);
-- One entry enters the books at most once: besides closed failures an entry has one delivery, whatever its connector.
create unique index deliveries_one_per_entry on deliveries (firm_id, file_id, entry_id)
    where state not in ('rejected', 'recalled');
create index deliveries_due on deliveries (connection_id, due_at) where due_at is not null;
create index deliveries_queued on deliveries (connection_id, file_id, sequence) where state = 'queued';
create index deliveries_open on deliveries (connector, state) where state not in ('confirmed', 'rejected', 'recalled');

-- One try: written before the first byte leaves, answered when the answer is known.
create table attempts (
    delivery_id text not null references deliveries,
    number integer not null,
    operation text not null,
    token bigint not null, -- of the lease under which it was made
    slot text not null,
    run uuid not null,
    started_at timestamptz not null,
    deadline timestamptz not null, -- no byte of it leaves later
    finished_at timestamptz,
    outcome text,
    http_status integer,
    request_id text,
    request_sha256 text,
    payload_key text,
    message jsonb,
    primary key (delivery_id, number)
);
create index attempts_unanswered on attempts (delivery_id) where outcome is null;

-- Recalls by delivery: one may arrive before the dispatch it is about.
create table recalls (
    delivery_id text primary key,
    requested_at timestamptz not null
);

-- migrate:down
drop table recalls;
drop table attempts;
drop table deliveries;

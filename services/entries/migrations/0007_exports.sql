-- migrate:up

-- Import files that were asked for. `requested`: no entries were chosen yet, looked at from `due_at` on; `open`: their
-- deliveries are under way until `deadline`; `over`: it has passed, what was still open was asked back.
create table exports (
    export_id text primary key,
    firm_id text not null,
    file_id text not null,
    request jsonb not null,
    traceparent text,
    state text not null default 'requested' check (state in ('requested', 'open', 'over')),
    due_at timestamptz not null,
    size integer,
    deadline timestamptz
);
create index exports_requested on exports (due_at) where state = 'requested';
create index exports_open on exports (deadline) where state = 'open';

-- The export that a delivery belongs to: it has no connection, so that no change of one concerns it.
alter table deliveries add column export_id text;
create index deliveries_of_export on deliveries (export_id) where export_id is not null and open;

-- migrate:down
drop index deliveries_of_export;
alter table deliveries drop column export_id;
drop table exports;

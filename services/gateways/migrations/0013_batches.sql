-- migrate:up

-- Entries that left together: since when the software has them, how many they were (queued: may be at most), and what it
-- said when it refused them together, until it is known what it booked (decision 15).
alter table deliveries add column handed_over_at timestamptz;
alter table deliveries add column batch integer;
alter table deliveries add column refusal jsonb;

-- migrate:down
alter table deliveries drop column refusal;
alter table deliveries drop column batch;
alter table deliveries drop column handed_over_at;

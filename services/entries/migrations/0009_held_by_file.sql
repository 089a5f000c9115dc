-- migrate:up

-- What comes while records of its file are held waits behind them: each batch asks whether there are any.
create index held_records_file on held_records (file_id, id);

-- migrate:down
drop index held_records_file;

-- After a backup was restored (docs/runbooks/restored-backup.md): the platform and the Hub have heard versions that are
-- forgotten here. Those given out from now on lie beyond them, of entries that come anew as well.
begin;
update entries set version = version + 1000000;
alter table entries alter column version set default 1000000;
commit;

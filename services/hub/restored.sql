-- After a backup was restored (docs/runbooks/restored-backup.md): the others have heard versions that are forgotten here.
-- What was never published keeps version 0.
begin;
select set_config('qontable.scope', 'service', true);
update connection set version = version + 1000000, credentials_version = credentials_version + 1000000 where version > 0;
update integration set version = version + 1000000 where version > 0;
commit;

-- Jobs by a text anywhere in their command. Only trigrams find it without reading every row; they come with an extension
-- that most servers have, and that a role may add to its own database. Where it is not to be had, the list is slower and
-- nothing else.
do $$
declare
  place text;
begin
  -- Every schema of the database can use it, so no one schema of ours should hold it, if that can be had.
  begin
    create extension if not exists pg_trgm with schema public;
  exception when others then
    begin
      create extension if not exists pg_trgm;
    exception when others then
      raise notice 'no index of the text of commands: %', sqlerrm;
    end;
  end;
  select quote_ident(nspname) into place
    from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_trgm';
  if place is not null then
    begin
      execute format('create index jobs_by_text on jobs using gin (lower(command) %s.gin_trgm_ops)', place);
    exception when insufficient_privilege or undefined_object then
      -- It is in a schema that we may not use.
      raise notice 'no index of the text of commands: %', sqlerrm;
    end;
  end if;
end
$$;

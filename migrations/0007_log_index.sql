-- An index of the texts of logs, so that a search need not read them all. It is derived: dropped, it is built anew, and where
-- it is not, a search reads every log. It grows in the background, never in the transaction that archives a log.

-- When a job came, as a transaction's number: what came since the index was last brought up to date is found by it, whatever
-- clock made the job's id, and however late it was archived.
alter table jobs add column arrival bigint not null default (pg_current_xact_id()::text::bigint);
create index jobs_by_arrival on jobs using brin (arrival) with (pages_per_range = 16, autosummarize = on);

-- How far it is; one row, or none.
create table log_index (
  one          boolean     primary key check (one),
  format       integer     not null,  -- how it is written; one that is not known is built anew
  below        bigint      not null,  -- jobs that came before this transaction are in it, or are late
  up_to        bigint      not null,  -- and those that came from there until before this one,
  done_id      uuid        not null,  -- as far as their ids are not after this
  next_unit    bigint      not null,  -- units are numbered, and no number is used twice
  bytes        bigint      not null,  -- of log that are in it; some may be gone
  leased_by    text        not null,  -- the engine that brings it up to date
  leased_until timestamptz not null
);

-- Jobs that have come and are not in it: they are not over, or fill no unit yet.
create table log_index_late (job_id uuid primary key);

-- A unit is a piece of archived text, of one job or of many.
create table log_index_units (
  unit    bigint primary key,
  entries bytea  not null  -- which jobs, and which blocks of them
);

-- The signatures of units in a row, by bit: for each of 32768 bits a slice with a bit for each unit, in whole bytes.
create table log_index_segments (
  first bigint  primary key,  -- its first unit
  units integer not null,
  bits  bytea   not null
);
-- Read by short pieces, which a packed value has not.
alter table log_index_segments alter column bits set storage external;

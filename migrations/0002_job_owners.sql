-- Who was there last. Only its owner's engine writes a job, so whether a job that runs is still what its row says
-- depends on whether that engine is there.

create table job_owners (
  owner   text        primary key,  -- as jobs.owner: user@machine
  seen_at timestamptz not null      -- when an engine of theirs last said so, by the server's clock alone
);

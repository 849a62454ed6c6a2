-- Jobs of one status in a project, of a target, on a host: most often the few that failed, or none at all. By one filter's
-- index those are looked for among all that project's jobs, each in another place of the table.
create index jobs_by_project_status on jobs (project, status, id desc) where project is not null;
create index jobs_by_target_status  on jobs (target, status, id desc)  where target is not null;
create index jobs_by_host_status    on jobs (host, status, id desc)    where host is not null;

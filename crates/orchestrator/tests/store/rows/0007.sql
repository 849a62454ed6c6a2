INSERT INTO public.jobs VALUES ('01890000-0000-7000-8000-000000000001', 'local', 'make deploy ENV=staging', 'error', '2023-11-14 22:13:21.000001+00', '2023-11-14 22:13:22.987654+00', '2023-11-14 22:13:20.123456+00', 'api', 'deploy', NULL, 2, NULL, 'make exited with code 2: deploy failed with 7 at Makefile:12', NULL, 'ann@here', true, 4, 18, '{"cwd": "/srv/grün", "argv": ["make", "deploy", "ENV=staging"], "exit": {"code": 2, "kind": "code"}, "cause": "deploy failed with 7 at Makefile:12", "nanos": [789, 0, 321], "commit": {"hash": "0123456789", "dirty": 3, "branch": null}, "targets": ["deploy"], "variables": [["ENV", "staging"], ["TOKEN", null]]}', 4, 400, 8, 10, 4, '\x73746174652061742034', 741);
INSERT INTO public.jobs VALUES ('01890000-0000-7000-8000-000000000002', 'ssh', 'tail -f /var/log/x', 'running', '2023-11-14 22:13:20.500001+00', NULL, '2023-11-14 22:13:20.123456+00', NULL, NULL, 'web1', NULL, NULL, NULL, NULL, 'ann@here', false, 0, 0, '{"cause": "deploy failed with 7 at Makefile:12", "nanos": [789, 0, 0]}', 0, 0, 0, 0, 0, '\x', 744);
INSERT INTO public.job_logs VALUES ('01890000-0000-7000-8000-000000000001', 0, 'stdout', '2023-11-14 22:13:20+00', 1, 0, 'one
two
', NULL, '\x0100068080f28183898506010228', '\x73746174652061742030');
INSERT INTO public.job_logs VALUES ('01890000-0000-7000-8000-000000000001', 0, 'stderr', '2023-11-14 22:13:20.00001+00', 1, 0, '��
', '\x00ff0a', '\x0101039480f28183898506', NULL);
INSERT INTO public.job_logs VALUES ('01890000-0000-7000-8000-000000000001', 3, 'stderr', '2023-11-14 22:13:20.00003+00', 4, 3, 'grün
', NULL, '\x010007bc80f28183898506', '\x73746174652061742033');
INSERT INTO public.job_owners VALUES ('ann@here', '2026-11-30 05:09:02.711354+00');

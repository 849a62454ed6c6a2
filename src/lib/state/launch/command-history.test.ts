import { expect, test } from 'vitest';
import { SHELL } from '$lib/job';
import type { Host, Job } from '$lib/wire';
import { commandsBefore, ofScript, Recall, restOf } from './command-history';

test('commands before are those of jobs, then those saved, each once', () => {
  const jobs = [
    { project: null, command: 'uptime' },
    { project: 'shop', command: 'make build' },
    { project: null, command: SHELL },
    { project: null, command: "sh -c ': looks for a project; exec </dev/null' look web" },
    { project: null, command: 'df -h' },
    { project: null, command: 'uptime' },
  ] as Job[];
  const hosts = [{ commands: ['df -h', 'docker ps'] }, { commands: ['docker ps'] }] as Host[];
  expect(commandsBefore(jobs, hosts)).toEqual(['uptime', 'df -h', 'docker ps']);
});

test('the rest of one that was begun is offered', () => {
  const commands = ['docker ps', 'docker logs -f web'];
  expect(restOf(commands, 'docker l')).toBe('ogs -f web');
  expect(restOf(commands, 'docker ')).toBe('ps');
  expect(restOf(commands, '')).toBe('');
  expect(restOf(commands, 'docker ps')).toBe('');
});

test('the arrows go through them, and back to what was typed', () => {
  const recall = new Recall(['uptime', 'df -h']);
  expect(recall.newer('who')).toBeNull();
  expect(recall.older('who')).toBe('uptime');
  expect(recall.older('uptime')).toBe('df -h');
  expect(recall.older('df -h')).toBeNull();
  expect(recall.newer('df -h')).toBe('uptime');
  expect(recall.newer('uptime')).toBe('who');
  // What was changed is what is typed now.
  expect(recall.older('who')).toBe('uptime');
  expect(recall.older('uptime -p')).toBe('uptime');
});

test('a script runs by the program that it names', () => {
  expect(ofScript('echo one\r\necho two\n')).toBe('echo one\necho two');
  expect(ofScript('#!/bin/sh\necho one\n')).toBe('#!/bin/sh\necho one');
  expect(ofScript('#!/usr/bin/env python3\nprint(1)\n')).toBe(
    "python3 - <<'SCRIPT'\n#!/usr/bin/env python3\nprint(1)\nSCRIPT",
  );
  expect(ofScript('#!/bin/bash -e\nSCRIPT\n')).toBe(
    "bash -e -s <<'SCRIPT_'\n#!/bin/bash -e\nSCRIPT\nSCRIPT_",
  );
});

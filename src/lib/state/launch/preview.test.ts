import { expect, test } from 'vitest';
import { FakeWorld, settled } from '$lib/testing/fake';
import type { Preview, Start } from '$lib/wire';
import { Previewer } from './preview.svelte';

function start(command: string): Start {
  return { kind: 'command', command, hosts: [], cwd: null, pty: false };
}

function preview(line: string): Preview {
  const plain = {
    argv: [],
    cwd: null,
    recipe: [],
    dangers: [],
    production: [],
    asking: [],
    notes: [],
  };
  return { line, ...plain, refusal: null };
}

test('one question at a time: what was typed meanwhile is asked once, as it is at the end', async () => {
  const world = new FakeWorld();
  const previewer = new Previewer(await world.connected());
  for (const command of ['u', 'up', 'upt', 'uptime']) previewer.want(start(command));
  expect(world.requests).toHaveLength(1);
  world.last.reply(1, { type: 'preview', with: preview('u') });
  await settled();
  expect(previewer.shown?.line).toBe('u');
  expect(world.requests.at(-1)).toMatchObject({ with: { command: 'uptime' } });
  let done = false;
  void previewer.settled().then(() => (done = true));
  await settled();
  expect(done).toBe(false);
  world.last.reply(2, { type: 'preview', with: preview('uptime') });
  await settled();
  expect(previewer.shown?.line).toBe('uptime');
  expect([done, previewer.asking, world.requests.length]).toEqual([true, false, 2]);
});

test('an answer to a line that was taken out again is not shown', async () => {
  const world = new FakeWorld();
  const previewer = new Previewer(await world.connected());
  previewer.want(start('u'));
  previewer.want(null);
  world.last.reply(1, { type: 'preview', with: preview('u') });
  await settled();
  expect(previewer.shown).toBeNull();
  expect(previewer.asking).toBe(false);
});

test('it says why there is none, and forgets that with the next one', async () => {
  const world = new FakeWorld();
  const previewer = new Previewer(await world.connected());
  previewer.want(start('u'));
  world.last.say({ failed: { id: 1, failure: { code: 'failed', message: 'no such project' } } });
  await settled();
  expect(previewer.problem).toBe('no such project');
  previewer.want(start('up'));
  world.last.reply(2, { type: 'preview', with: preview('up') });
  await settled();
  expect(previewer.problem).toBeNull();
});

import { expect, test } from 'vitest';
import { FakeWorld, settled } from '../testing/fake';
import { Notes } from './notes.svelte';

test('a pin right after a text does not take the text back, and comes after it', async () => {
  const world = new FakeWorld();
  const notes = new Notes(await world.connected());
  void notes.say('j', { text: 'the last one' });
  void notes.say('j', { pinned: true });
  await settled();
  expect(world.requests).toEqual([
    { type: 'set_note', with: { job: 'j', pinned: false, text: 'the last one' } },
  ]);
  world.last.reply(world.last.sent[0]!.id, { type: 'ok' });
  await settled();
  expect(world.requests[1]).toEqual({
    type: 'set_note',
    with: { job: 'j', pinned: true, text: 'the last one' },
  });
});

import { expect, test } from 'vitest';
import { Notices } from '$lib/state/notices.svelte';
import { Projects } from '$lib/state/projects.svelte';
import { aProject, FakeWorld } from '$lib/testing/fake';
import { addDropped, askDropped } from './add-project';

test('dropped folders are added, each for itself, and a makefile means its folder', async () => {
  const world = new FakeWorld();
  const projects = new Projects(await world.connected());
  const notices = new Notices();
  world.last.answer = ({ id, request }) => {
    if (request.type !== 'add_project') return;
    const { path } = request.with;
    if (path === '/plain') {
      const failure = { code: 'failed' as const, message: 'no makefile in it' };
      world.last.say({ failed: { id, failure } });
    } else world.last.reply(id, { type: 'project', with: aProject({ name: path.slice(1), path }) });
  };
  await addDropped({ projects, notices }, ['/a', '/plain', '/b/Makefile']);
  expect(projects.list.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(notices.list.map(({ text }) => text)).toEqual(['Failed to add /plain: no makefile in it']);
});

test('an unknown path is asked for, by the name of the folder', async () => {
  const projects = new Projects(await new FakeWorld().connected());
  const app: Parameters<typeof askDropped>[0] = { projects, overlay: null };
  askDropped(app, 'shop-infra');
  expect([app.overlay, projects.dropped]).toEqual(['add-project', 'shop-infra']);
});

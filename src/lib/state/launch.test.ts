import { describe, expect, test } from 'vitest';
import { TargetFields } from '../components/launch/form.svelte';
import { aJob, FakeWorld, settled } from '../testing/fake';
import type { Project, Scan, Target, Variable } from '../wire';
import { Jobs } from './jobs.svelte';
import { Launch } from './launch.svelte';
import { Notices } from './notices.svelte';
import { asksFirst, groups, Projects } from './projects.svelte';

const PROJECT: Project = {
  name: 'vm',
  path: '/vm',
  source: 'added',
  trusted: true,
  exclusive: false,
  problem: null,
};

function target(name: string, target: Partial<Target> = {}): Target {
  const place = { file: 'Makefile', line: 1 };
  const plain = { doc: null, group: null, phony: true, listed: true, recipe: [], danger: null };
  const rules = { pty: false, exclusive: [], graces: [], timeout: null };
  return { name, place, ...plain, ...rules, uses: [], defaults: [], extra_words: false, ...target };
}

function variable(name: string, variable: Partial<Variable> = {}): Variable {
  const plain = { doc: null, default: null, optional: true, required: false, choices: [] };
  return { name, ...plain, secret: false, place: null, kind: 'text', fixed: null, ...variable };
}

const SCAN: Scan = {
  targets: [
    target('status', { group: 'Look' }),
    target('create', { group: 'Change', uses: ['NAME', 'SIZE', 'KEY'] }),
    target('destroy', { group: 'Change', danger: 'runs rm -rf' }),
    target('logs', { group: 'Look' }),
    target('out.o', { listed: false }),
  ],
  variables: [
    variable('SIZE', { default: 'small' }),
    variable('NAME', { required: true }),
    variable('KEY', { secret: true }),
    variable('OTHER', { required: true }),
  ],
  default_goal: null,
  problems: [],
};
const [STATUS, CREATE, DESTROY] = SCAN.targets as [Target, Target, Target];

async function launch(project: Project = PROJECT) {
  const world = new FakeWorld();
  const client = await world.connected();
  const projects = new Projects(client);
  projects.set([project], []);
  world.last.reply(1, { type: 'scan', with: SCAN });
  await settled();
  const notices = new Notices();
  const shown: string[] = [];
  const jobs = new Jobs(client);
  const launch = new Launch(projects, jobs, notices, (job) => shown.push(job.id));
  return { world, launch, notices, shown };
}

describe('a click on a target', () => {
  test('runs it at once where nothing has to be asked, once', async () => {
    const { world, launch, shown } = await launchAll();
    launch.target(PROJECT, STATUS);
    launch.target(PROJECT, STATUS);
    expect(world.asked.filter(({ type }) => type === 'start')).toHaveLength(1);
    world.last.reply(2, { type: 'started', with: { jobs: [aJob({ id: 'x' })] } });
    await settled();
    expect(shown).toEqual(['x']);
  });

  test('opens the form for what is dangerous or lacks a variable, and sends nothing', async () => {
    const { world, launch } = await launchAll();
    for (const asking of [CREATE, DESTROY]) {
      launch.target(PROJECT, asking);
      expect(launch.form).toMatchObject({ kind: 'target', target: { name: asking.name } });
    }
    expect(world.asked).toHaveLength(1);
    expect(SCAN.targets.map((each) => asksFirst(SCAN, each))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test('asks for trust first, and goes on when it is given', async () => {
    const { world, launch } = await launchAll({ ...PROJECT, trusted: false });
    launch.target({ ...PROJECT, trusted: false }, STATUS);
    expect(launch.trust?.project.name).toBe('vm');
    expect(world.asked).toHaveLength(1);
    const accepted = launch.accept();
    expect(world.asked[1]).toEqual({ type: 'trust_project', with: { name: 'vm' } });
    world.last.reply(2, { type: 'ok' });
    await accepted;
    expect(launch.trust).toBeNull();
    expect(world.asked[2]?.type).toBe('start');
  });

  test('says what went wrong, where it was clicked from', async () => {
    const { world, launch, notices } = await launchAll();
    launch.target(PROJECT, STATUS);
    world.last.say({ failed: { id: 2, failure: { code: 'failed', message: 'make is missing' } } });
    await settled();
    expect(notices.list[0]?.text).toBe('Failed to start status: make is missing');
  });

  const launchAll = launch;
});

describe('the form of a target', () => {
  const fields = () =>
    new TargetFields({ kind: 'target', project: PROJECT, target: CREATE, scan: SCAN, values: [] });

  test('has the variables the target uses, those it needs first', () => {
    expect(fields().variables.map(({ name }) => name)).toEqual(['NAME', 'SIZE', 'KEY']);
    expect(fields().missing).toEqual(['NAME']);
  });

  test('keeps what the makefile means for itself apart', () => {
    const own = variable('green', { optional: false, default: '32m' });
    const scan = { ...SCAN, variables: [...SCAN.variables, own] };
    const uses = [...CREATE.uses, 'green'];
    const form = { kind: 'target' as const, project: PROJECT, scan, values: [] };
    const fields = new TargetFields({ ...form, target: { ...CREATE, uses } });
    expect(fields.meant.map(({ name }) => name)).toEqual(['NAME', 'SIZE', 'KEY']);
    expect(fields.others.map(({ name }) => name)).toEqual(['green']);
  });

  test('gives make only what says something else than the makefile', () => {
    const form = fields();
    form.values.NAME = "it's one";
    form.values.KEY = 'hunter2';
    expect(form.start).toMatchObject({
      variables: [
        ['NAME', "it's one"],
        ['KEY', 'hunter2'],
      ],
    });
    expect(form.line).toBe(String.raw`make create NAME='it'\''s one' KEY=…`);
    expect(form.missing).toEqual([]);
  });
});

test('targets are grouped in the order of the makefile', () => {
  const named = groups(SCAN).map(({ name, targets }) => [name, targets.map((each) => each.name)]);
  expect(named).toEqual([
    ['Look', ['status', 'logs']],
    ['Change', ['create', 'destroy']],
  ]);
});

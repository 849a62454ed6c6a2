import { describe, expect, test } from 'vitest';
import {
  aJob,
  aProject,
  aTarget,
  aVariable,
  FakeWorld,
  settled,
  type Sent,
} from '$lib/testing/fake';
import type { Danger, Filled, Presets, Preview, Reply, Scan, Start, Target } from '$lib/wire';
import { Jobs } from '$lib/state/jobs.svelte';
import { filledBy, PLAIN } from './presets';
import { Launch } from './launch.svelte';
import { Notices } from '$lib/state/notices.svelte';
import { asksFirst, Projects } from '$lib/state/projects.svelte';

const PROJECT = aProject();
const RULE: Danger = { of: null, why: 'runs rm -rf', by: 'rule' };

const SCAN: Scan = {
  targets: [
    aTarget('status', { group: 'Look', uses: ['REGION'] }),
    aTarget('create', {
      group: 'Change',
      uses: ['NAME', 'SIZE', 'KEY', 'REGION'],
      guards: ['NAME'],
    }),
    aTarget('destroy', { group: 'Change', danger: RULE }),
    aTarget('logs', { group: 'Look' }),
    aTarget('out.o', { listed: false }),
  ],
  variables: [
    aVariable('SIZE', { default: 'small' }),
    aVariable('NAME', { need: 'guarded', optional: false }),
    aVariable('KEY', { secret: true }),
    aVariable('OTHER', { need: 'guarded' }),
    aVariable('REGION', { need: 'unset', optional: false }),
  ],
  default_goal: null,
  problems: [],
  hints: [],
  dotenv_sample: null,
};
const [STATUS, CREATE, DESTROY] = SCAN.targets as [Target, Target, Target];

const PREVIEW: Preview = {
  line: 'uptime',
  argv: [],
  cwd: null,
  recipe: [],
  dangers: [],
  production: [],
  asking: [],
  notes: [],
  refusal: null,
};

/** What the other side knows. */
interface Known {
  trusted?: boolean;
  presets?: Presets;
  preview?: Preview;
}

async function launchWith({ trusted = true, presets, preview }: Known = {}) {
  const world = new FakeWorld();
  const client = await world.connected();
  const answers: Partial<Record<Sent['request']['type'], Reply>> = {
    targets: { type: 'scan', with: SCAN },
    trust_project: { type: 'ok' },
    presets: { type: 'presets', with: presets ?? { last: null, named: [] } },
    preview: { type: 'preview', with: preview ?? PREVIEW },
    start: { type: 'started', with: { jobs: [aJob({ id: 'x' })] } },
    run_again: { type: 'started', with: { jobs: [aJob({ id: 'y' })] } },
  };
  world.last.answer = ({ id, request }) => {
    const reply = answers[request.type];
    if (reply) world.last.reply(id, reply);
  };
  const projects = new Projects(client);
  projects.set([{ ...PROJECT, trusted }], []);
  await settled();
  const notices = new Notices();
  const shown: string[] = [];
  const jobs = new Jobs(client);
  const show = (job: { id: string }) => shown.push(job.id);
  const launch = new Launch({
    client,
    projects,
    jobs,
    notices,
    isOthers: (job) => job.owner !== 'a@b',
    hosts: { careOf: (host) => (host === 'careful' ? 'always' : 'ask') },
    show,
  });
  const starts = () =>
    world.requests.flatMap((request) => (request.type === 'start' ? [request.with] : []));
  const types = () => world.requests.map(({ type }) => type);
  return { world, answers, launch, notices, shown, starts, types };
}

const COMMAND: Start = {
  kind: 'command',
  command: 'uptime',
  hosts: ['web-1'],
  cwd: null,
  pty: false,
};
const ON_HOST = aJob({ project: null, target: null, host: 'web-1', command: 'uptime' });

const LAST: Filled = {
  variables: [['NAME', 'web-1']],
  stem: null,
  words: ['lint'],
  options: PLAIN,
  pty: true,
};

describe('a click on a target', () => {
  test('runs it at once if nothing has to be asked, once', async () => {
    const { launch, shown, starts } = await launchWith();
    launch.target(PROJECT, STATUS);
    launch.target(PROJECT, STATUS);
    await settled();
    expect(starts()).toHaveLength(1);
    expect(shown).toEqual(['x']);
  });

  test('runs at once what only uses a variable that nothing sets', async () => {
    const { launch, starts } = await launchWith();
    launch.target(PROJECT, STATUS);
    await settled();
    expect([launch.form, starts().length]).toEqual([null, 1]);
  });

  test('opens the form for what is dangerous or lacks a variable, and starts nothing', async () => {
    const { launch, starts } = await launchWith();
    for (const asking of [CREATE, DESTROY]) {
      launch.target(PROJECT, asking);
      await settled();
      expect(launch.form).toMatchObject({ kind: 'target', target: { name: asking.name } });
    }
    expect(starts()).toEqual([]);
    const first = SCAN.targets.map((each) => asksFirst(each));
    expect(first).toEqual([false, true, true, false, false]);
  });

  test('asks for trust first, and goes on when it is given', async () => {
    const { launch, types } = await launchWith({ trusted: false });
    launch.target({ ...PROJECT, trusted: false }, STATUS);
    await settled();
    expect(launch.trust?.project.name).toBe('vm');
    expect(types()).toEqual(['targets']);
    await launch.accept();
    expect(launch.trust).toBeNull();
    expect(types()).toEqual(['targets', 'trust_project', 'start']);
  });

  test('says what went wrong, where it was clicked from', async () => {
    const { world, answers, launch, notices } = await launchWith();
    delete answers.start;
    launch.target(PROJECT, STATUS);
    world.last.say({ failed: { id: 2, failure: { code: 'failed', message: 'make is missing' } } });
    await settled();
    expect(notices.list[0]?.text).toBe('Failed to start status: make is missing');
  });
});

describe('a command of the SSH config that nobody has allowed', () => {
  const CONSENT = { host: 'web-1', command: 'nc %h %p', keyword: 'ProxyCommand', place: 'c:2' };

  /** A launch whose starts are refused until the command is allowed. */
  async function refusing() {
    const known = await launchWith();
    const { world, answers } = known;
    let allowed = false;
    world.last.answer = ({ id, request }) => {
      if (request.type === 'allow_command') {
        expect(request.with).toEqual({ command: CONSENT.command });
        allowed = true;
        return world.last.reply(id, { type: 'ok' });
      }
      const isStart = request.type === 'start' || request.type === 'run_again';
      const failure = { code: 'needs_consent', message: 'vmo trust', consent: CONSENT } as const;
      if (isStart && !allowed) return world.last.say({ failed: { id, failure } });
      const reply = answers[request.type];
      if (reply) world.last.reply(id, reply);
    };
    return known;
  }

  test.each([
    ['a saved command', (launch: Launch) => launch.command('web-1', 'uptime'), 'x'],
    ['a shell', (launch: Launch) => launch.shell('web-1'), 'x'],
    ['the form', (launch: Launch) => launch.run(COMMAND), 'x'],
    ['a job again', (launch: Launch) => launch.again(ON_HOST), 'y'],
  ])('is asked about before %s starts, once, and then it starts', async (_, start, id) => {
    const { launch, shown, notices, types } = await refusing();
    const done = Promise.resolve(start(launch));
    await settled();
    expect(launch.consent?.question).toEqual(CONSENT);
    expect(shown).toEqual([]);
    await launch.allow();
    await done;
    await settled();
    expect([launch.consent, shown, notices.list]).toEqual([null, [id], []]);
    expect(types().filter((type) => type === 'allow_command')).toHaveLength(1);
  });

  test('is not run if it is declined, and the form stays', async () => {
    const { launch, shown, notices, types } = await refusing();
    launch.commandForm('web-1', 'uptime');
    const done = launch.run(COMMAND);
    await settled();
    launch.decline();
    await done;
    expect([launch.consent, shown, notices.list]).toEqual([null, [], []]);
    expect(launch.form).toMatchObject({ kind: 'command' });
    expect(types()).not.toContain('allow_command');
  });
});

describe('the form', () => {
  test('opens with what is known of earlier launches, and without if that is not to be had', async () => {
    const { world, answers, launch } = await launchWith({ presets: { last: LAST, named: [] } });
    launch.targetForm(PROJECT, CREATE);
    await settled();
    expect(launch.form).toMatchObject({ presets: { last: LAST }, filled: null });
    launch.close();
    delete answers.presets;
    launch.targetForm(PROJECT, CREATE);
    const failure = { code: 'failed' as const, message: 'presets.json:3: not JSON' };
    world.last.say({ failed: { id: world.last.sent.at(-1)!.id, failure } });
    await settled();
    expect(launch.form).toMatchObject({ presets: { last: null, named: [] } });
  });

  test('does not open any more once it was closed or another one was asked for', async () => {
    const { launch } = await launchWith();
    launch.targetForm(PROJECT, CREATE);
    launch.close();
    await settled();
    expect(launch.form).toBeNull();
    launch.targetForm(PROJECT, CREATE);
    launch.commandForm('web-1', 'uptime');
    await settled();
    expect(launch.form).toMatchObject({ kind: 'command', hosts: ['web-1'] });
  });
});

describe('as last time', () => {
  test('runs with the values, words and options of then', async () => {
    const { launch, starts } = await launchWith({ presets: { last: LAST, named: [] } });
    await launch.asLast(PROJECT, CREATE);
    await settled();
    expect(starts()).toEqual([
      {
        kind: 'target',
        project: 'vm',
        targets: ['create', 'lint'],
        variables: [['NAME', 'web-1']],
        pty: true,
        options: PLAIN,
      },
    ]);
  });

  test.each([
    ['a secret was not kept', CREATE, { ...LAST, variables: [['KEY', null]] } as Filled],
    ['a variable is missing', CREATE, { ...LAST, variables: [] } as Filled],
    ['it is dangerous', DESTROY, LAST],
    ['it never was started and lacks a variable', CREATE, null],
  ])('asks where %s', async (_, target, last) => {
    const { launch, starts } = await launchWith({ presets: { last, named: [] } });
    await launch.asLast(PROJECT, target);
    await settled();
    expect(launch.form).toMatchObject({ target: { name: target.name } });
    expect(starts()).toEqual([]);
  });
});

describe('again', () => {
  test('goes through the form with the values of the job if its target is dangerous', async () => {
    const { launch, types } = await launchWith();
    const variables: Filled['variables'] = [['NAME', 'web-1']];
    await launch.again(aJob({ target: 'destroy', variables }));
    await settled();
    expect(launch.form).toMatchObject({ target: { name: 'destroy' }, filled: { variables } });
    expect(types()).not.toContain('run_again');
  });

  test('runs at once what is harmless', async () => {
    const { launch, shown } = await launchWith();
    await launch.again(aJob());
    await launch.again(aJob({ project: null, target: null, host: 'web-1', command: 'uptime' }));
    await settled();
    expect(shown).toEqual(['y', 'y']);
  });

  test('what the other side does not know as ours is shown, and runs if that is confirmed', async () => {
    const { world, launch, notices, shown } = await launchWith();
    const answer = world.last.answer;
    world.last.answer = (call) => {
      if (call.request.type !== 'run_again' || call.request.with.confirmed?.length) answer?.(call);
      else {
        const failure = { code: 'foreign', message: 'a stranger' } as const;
        world.last.say({ failed: { id: call.id, failure } });
      }
    };
    const job = aJob();
    await launch.again(job);
    await settled();
    expect(launch.foreign).toEqual({ job, why: 'a stranger' });
    expect(notices.list).toEqual([]);
    expect(shown).toEqual([]);
    await launch.acceptForeign();
    expect(world.requests.at(-1)).toEqual({
      type: 'run_again',
      with: { job: job.id, seen: job.seal, confirmed: [job.owner] },
    });
    expect(shown).toEqual(['y']);
    expect(launch.foreign).toBeNull();
  });

  test('a job that is another one by now is shown again before it runs', async () => {
    const { world, launch, shown } = await launchWith();
    const answer = world.last.answer;
    const job = aJob();
    const changed = aJob({ command: 'make evil', seal: '01' });
    world.last.answer = (call) => {
      const { type } = call.request;
      if (type === 'job') {
        world.last.reply(call.id, { type: 'job', with: changed });
      } else if (type === 'run_again' && call.request.with.seen !== changed.seal) {
        const code = call.request.with.confirmed?.length ? 'refused' : 'foreign';
        world.last.say({ failed: { id: call.id, failure: { code, message: code } } });
      } else answer?.(call);
    };
    await launch.again(job);
    await settled();
    await expect(launch.acceptForeign()).rejects.toThrow('refused');
    expect(launch.foreign).toEqual({ job: changed, why: 'foreign' });
    expect(shown).toEqual([]);
    await launch.acceptForeign();
    expect(shown).toEqual(['y']);
  });

  test("a colleague's job shows what it would run first", async () => {
    const { launch, types } = await launchWith();
    const others = { owner: 'bob@there' };
    await launch.again(aJob(others));
    await settled();
    expect(launch.form).toMatchObject({ target: { name: 'status' } });
    launch.close();
    await launch.again(aJob({ ...others, project: null, target: null, command: 'uptime' }));
    expect(launch.form).toMatchObject({ kind: 'command', command: 'uptime' });
    expect(types()).not.toContain('run_again');
  });

  test('a saved command that is dangerous asks, and so does its job', async () => {
    const preview = { ...PREVIEW, dangers: [RULE], production: ['web-1'] };
    const { launch, starts, types } = await launchWith({ preview });
    await launch.command('web-1', 'rm -rf /srv');
    expect(launch.form).toMatchObject({ hosts: ['web-1'], command: 'rm -rf /srv' });
    launch.close();
    await launch.again(aJob({ project: null, target: null, host: 'web-1', command: 'rm -rf /' }));
    expect(launch.form).toMatchObject({ hosts: ['web-1'], command: 'rm -rf /' });
    expect(starts()).toEqual([]);
    expect(types()).not.toContain('run_again');
  });

  test('on a host that always asks, whatever a click would start does', async () => {
    const { launch, starts, types } = await launchWith({
      preview: { ...PREVIEW, asking: ['careful'] },
    });
    await launch.command('careful', 'uptime');
    expect(launch.form).toMatchObject({ hosts: ['careful'], command: 'uptime' });
    launch.close();
    launch.shell('careful');
    expect(launch.form).toMatchObject({ hosts: ['careful'], pty: true });
    launch.close();
    await launch.again(aJob({ host: 'careful' }));
    await settled();
    expect(launch.form).toMatchObject({ target: { name: 'status' }, hosts: ['careful'] });
    expect(starts()).toEqual([]);
    expect(types()).not.toContain('run_again');
  });

  test('the words of a job are its further targets, whatever is in their names', () => {
    const targets = ['two words', 'lint'];
    const job = aJob({ targets, target: 'two words lint', variables: [['NAME', 'a b']] });
    const filled = filledBy(job, aTarget('two words'));
    expect(filled).toMatchObject({
      words: ['lint'],
      variables: [['NAME', 'a b']],
      stem: null,
    });
    const family = aTarget('two %', { pattern: true });
    expect(filledBy(job, family)).toMatchObject({ words: ['lint'], stem: 'words' });
  });
});

import { describe, expect, test, vi } from 'vitest';
import { PLAIN } from '$lib/state/launch/presets';
import { aProject, aTarget, aVariable } from '$lib/testing/fake';
import type { Filled, Presets, Target, Variable } from '$lib/wire';
import { CommandFields } from './command.svelte';
import { TargetFields } from './target-fields.svelte';
import { switchWords, VariableField } from './variable.svelte';
import { join, split } from './shell-words';

interface With {
  variables?: Variable[];
  target?: Partial<Target>;
  presets?: Presets;
  filled?: Filled;
}

function fieldsOf({ variables = [], target = {}, presets, filled }: With): TargetFields {
  const uses = variables.map(({ name }) => name);
  return new TargetFields({
    kind: 'target',
    project: aProject(),
    target: aTarget('deploy', { uses, ...target }),
    scan: {
      targets: [],
      variables,
      default_goal: null,
      problems: [],
      hints: [],
      dotenv_sample: null,
    },
    presets: presets ?? { last: null, named: [] },
    filled: filled ?? null,
  });
}

function field(fields: TargetFields, name: string): VariableField {
  return fields.fields.find(({ variable }) => variable.name === name)!;
}

const given = (fields: TargetFields) => fields.start.kind === 'target' && fields.start.variables;

describe('the variables of a target', () => {
  const variables = [
    aVariable('ENV', { default: 'staging' }),
    aVariable('TAG', { default: '$(shell git describe)' }),
    aVariable('NAME', { need: 'guarded' }),
    aVariable('KEY', { secret: true }),
    aVariable('green', { optional: false, default: '32m' }),
  ];

  test('make is given only what says something else than the makefile', () => {
    const fields = fieldsOf({ variables });
    expect(fields.others.map(({ variable }) => variable.name)).toEqual(['green']);
    expect(field(fields, 'ENV').text).toBe('staging');
    expect(given(fields)).toEqual([]);
    field(fields, 'NAME').text = "it's one";
    field(fields, 'KEY').text = 'hunter2';
    expect(given(fields)).toEqual([
      ['NAME', "it's one"],
      ['KEY', 'hunter2'],
    ]);
    expect(fields.filled.variables).toEqual([
      ['NAME', "it's one"],
      ['KEY', null],
    ]);
    expect(JSON.stringify(fields.filled)).not.toContain('hunter2');
  });

  test('one that the target fails without is asked for by name, and may be the empty text', () => {
    const fields = fieldsOf({ variables, target: { guards: ['NAME'] } });
    const name = field(fields, 'NAME');
    expect([fields.lacking, name.canBeNothing]).toEqual(['Required: NAME', true]);
    name.text = 'web-1';
    expect(fields.lacking).toBeNull();
    name.text = '';
    name.empty = true;
    expect([fields.lacking, name.given]).toEqual([null, '']);
    fields.beginWith('makefile');
    expect(fields.lacking).toBe('Required: NAME');
  });

  test('one that nothing sets is offered and keeps nobody from running', () => {
    const unset = aVariable('REGION', { need: 'unset', optional: false });
    const fields = fieldsOf({ variables: [...variables, unset] });
    const region = field(fields, 'REGION');
    expect(fields.meant).toContain(region);
    expect([region.unset, region.canBeNothing, fields.lacking]).toEqual([true, true, null]);
    expect(given(fields)).toEqual([]);
    region.empty = true;
    expect(given(fields)).toEqual([['REGION', '']]);
    region.empty = false;
    region.text = 'eu';
    expect([given(fields), region.unset]).toEqual([[['REGION', 'eu']], false]);
  });

  test.each([
    [{ by: 'environment' as const }, 'set in the environment'],
    [{ by: 'file' as const, file: '.env' }, 'set in .env'],
    [{ by: 'makefile' as const }, 'set in the makefile'],
  ])('a value from elsewhere is shown by its place alone: %o', (set_by, placeholder) => {
    const secret = set_by.by === 'makefile';
    const variable = aVariable('X', { default: 'dev', secret, set_by });
    const fields = fieldsOf({ variables: [variable] });
    const x = field(fields, 'X');
    expect([x.text, x.placeholder, x.missing, x.unset]).toEqual(['', placeholder, false, false]);
    expect(given(fields)).toEqual([]);
    x.text = 'dev';
    expect(given(fields)).toEqual([['X', 'dev']]);
  });

  test("a variable that only another target fails without is not needed here, nor is one with the target's own value", () => {
    expect(fieldsOf({ variables }).lacking).toBeNull();
    const own = fieldsOf({ variables, target: { defaults: [['NAME', 'a']] } });
    expect([own.lacking, field(own, 'NAME').unset]).toEqual([null, false]);
  });

  test('a value that make works out is not begun with, and typed it is text', () => {
    const fields = fieldsOf({ variables });
    const tag = field(fields, 'TAG');
    expect(tag.text).toBe('');
    tag.text = '$(shell git describe)';
    expect(tag.given).toBe('$(shell git describe)');
    tag.raw = true;
    expect(tag.given).toBeNull();
    tag.text = '$(shell git rev-parse HEAD)';
    expect(fields.options.raw).toEqual(['TAG']);
  });

  test("the target's own value goes before the makefile's", () => {
    const fields = fieldsOf({ variables, target: { defaults: [['ENV', 'production']] } });
    const env = field(fields, 'ENV');
    expect([env.text, env.given, env.own]).toEqual(['production', null, true]);
    env.text = 'staging';
    expect(env.given).toBe('staging');
  });

  test('an empty value is given if a person says so', () => {
    const env = field(fieldsOf({ variables }), 'ENV');
    env.text = '';
    expect(env.given).toBeNull();
    env.empty = true;
    expect(env.given).toBe('');
  });
});

describe('the field of a variable', () => {
  test('what the makefile overrides is not given', () => {
    const fixed = { file: 'Makefile', line: 3 };
    const fields = fieldsOf({ variables: [aVariable('ENV', { default: 'a', fixed })] });
    field(fields, 'ENV').text = 'b';
    expect(given(fields)).toEqual([]);
  });

  test.each([
    [{ secret: true, choices: ['a', 'b'] }, 'secret'],
    [{ choices: ['a', 'b'] }, 'segments'],
    [{ choices: ['a', 'b', 'c', 'd', 'e'] }, 'list'],
    [{ choices: ['a'.repeat(40), 'b'.repeat(40)] }, 'list'],
    [{ kind: 'bool' as const }, 'switch'],
    [{ kind: 'file' as const }, 'file'],
    [{ kind: 'host' as const }, 'host'],
    [{ default: '10' }, 'number'],
    [{ default: 'ten' }, 'text'],
  ])('%o is asked for as %s', (variable, kind) => {
    expect(new VariableField(aVariable('X', variable), aTarget('all')).kind).toBe(kind);
  });

  test.each([
    ['yes', 'yes', 'no'],
    ['FALSE', 'TRUE', 'FALSE'],
    ['True', 'True', 'False'],
    ['0', '1', '0'],
    ['n', 'y', 'n'],
    ['', '1', ''],
    ['fast', 'fast', ''],
  ])('a switch that is %j in the makefile is %j or %j', (usual, on, off) => {
    expect(switchWords(usual)).toEqual({ on, off });
  });

  test('the hosts it works on are those its variables name', () => {
    const kind = 'host' as const;
    const variables = [
      aVariable('HOST', { kind, default: 'web-1' }),
      aVariable('OTHER', { kind }),
      aVariable('ENV', { default: 'web-2' }),
    ];
    const fields = fieldsOf({ variables });
    expect(fields.hosts).toEqual(['web-1']);
    field(fields, 'OTHER').text = 'web-3';
    expect(fields.hosts).toEqual(['web-1', 'web-3']);
  });

  test('a switch is given only when it is not as in the makefile', () => {
    const kind = 'bool' as const;
    const fields = fieldsOf({ variables: [aVariable('KEEP', { kind, default: 'no' })] });
    const keep = field(fields, 'KEEP');
    expect([keep.on, keep.given]).toEqual([false, null]);
    keep.on = true;
    expect(keep.given).toBe('yes');
    keep.text = 'maybe';
    expect(keep.kind).toBe('text');
  });
});

describe('other variables', () => {
  test('need a name that make takes and the form does not have', () => {
    const fields = fieldsOf({ variables: [aVariable('ENV')] });
    fields.added = fieldsOf({
      filled: { variables: [['A', '1']], stem: null, words: [], options: PLAIN, pty: false },
    }).added;
    const [added] = fields.added;
    expect(given(fields)).toEqual([['A', '1']]);
    for (const [name, problem] of [
      ['1A', /letters, digits/],
      ['A-B', /letters, digits/],
      ['ENV', /already in the form/],
    ] as const) {
      added!.name = name;
      expect(fields.problemOf(added!)).toMatch(problem);
      expect(fields.lacking).toBe(`${name} cannot be set.`);
    }
  });

  test('those that change make itself have to be confirmed each time', () => {
    const last: Filled = {
      variables: [['SHELL', '/bin/dash']],
      stem: null,
      words: [],
      options: { ...PLAIN, reserved: true },
      pty: false,
    };
    const fields = fieldsOf({ presets: { last, named: [] } });
    expect(fields.lacking).toBe('SHELL must be confirmed.');
    fields.reserved = true;
    expect(fields.lacking).toBeNull();
    expect(fields.options.reserved).toBe(true);
    fields.added = [];
    expect(fields.options.reserved).toBe(false);
  });
});

describe('what the form begins with', () => {
  const filled = (value: string): Filled => ({
    variables: [['ENV', value]],
    stem: null,
    words: ['a b', 'c'],
    options: { ...PLAIN, jobs: 4, keep_going: true },
    pty: true,
  });
  const presets: Presets = {
    last: filled('last'),
    named: [{ name: 'prod', filled: filled('production') }],
  };
  const variables = [aVariable('ENV', { default: 'staging' })];

  test('is what was last given; the makefile and a preset are a choice away', () => {
    const fields = fieldsOf({ variables, presets });
    expect([fields.begin, fields.changed]).toEqual(['last', false]);
    expect(fields.start).toMatchObject({
      targets: ['deploy', 'a b', 'c'],
      variables: [['ENV', 'last']],
      pty: true,
      options: { jobs: 4, keep_going: true },
    });
    fields.beginWith('makefile');
    expect(fields.start).toMatchObject({ targets: ['deploy'], variables: [], options: PLAIN });
    fields.beginWith('=prod');
    expect(given(fields)).toEqual([['ENV', 'production']]);
    field(fields, 'ENV').text = 'other';
    expect(fields.changed).toBe(true);
  });

  test('is what a job had, if it is opened from one', () => {
    const fields = fieldsOf({ variables, presets, filled: filled('then') });
    expect(fields.begin).toBe('job');
    expect(given(fields)).toEqual([['ENV', 'then']]);
  });

  test('a value that was empty then is empty again', () => {
    const fields = fieldsOf({ variables, filled: { ...filled(''), words: [] } });
    expect(given(fields)).toEqual([['ENV', '']]);
  });

  test('saving a preset makes it the one that the form shows', () => {
    const fields = fieldsOf({ variables, presets });
    field(fields, 'ENV').text = 'eu';
    const eu = { name: 'eu', filled: fields.filled };
    fields.know({ ...presets, named: [...presets.named, eu] }, '=eu');
    expect([fields.begin, fields.changed]).toEqual(['=eu', false]);
    fields.beginWith('makefile');
    fields.beginWith('=eu');
    expect(given(fields)).toEqual([['ENV', 'eu']]);
  });
});

describe('options of make', () => {
  test.each([
    ['', null, null],
    ['0', 0, null],
    [' 8 ', 8, null],
    ['-1', null, '-j takes a number.'],
    ['many', null, '-j takes a number.'],
  ])('%j at once', (jobs, number, lacking) => {
    const fields = fieldsOf({});
    fields.jobs = jobs;
    expect(fields.options.jobs).toEqual(number);
    expect(fields.lacking).toBe(lacking);
  });

  test('an open quote is reported', () => {
    const fields = fieldsOf({});
    fields.words = "./app 'two";
    expect(fields.lacking).toBe('A quote is not closed.');
  });
});

describe('words of a line', () => {
  test.each([
    ['', []],
    ['  a   b ', ['a', 'b']],
    [`'two words' "an'd" three\\ four`, ['two words', "an'd", 'three four']],
    [`--x="a b"c`, ['--x=a bc']],
    [`''`, ['']],
    [`"\\$HOME \\"q\\""`, ['$HOME "q"']],
    ['$(rm -rf /); `id`', ['$(rm', '-rf', '/);', '`id`']],
  ])('%j', (line, words) => {
    expect(split(line)).toEqual({ words, problem: null });
    expect(split(join(words)).words).toEqual(words);
  });

  test.each(["'a", '"a', 'a\\'])('%j is not whole', (line) => {
    expect(split(line).problem).toBe('A quote is not closed.');
  });
});

describe('a command', () => {
  const noChoice = () => Promise.reject(new Error('nothing is asked'));
  const form = { kind: 'command' as const, command: 'ls', cwd: null, pty: false };

  test('runs in a folder here, and on hosts in none', () => {
    const fields = new CommandFields({ ...form, hosts: [] }, '/home/ada', noChoice);
    fields.cwd = ' ~/src ';
    expect(fields.start).toMatchObject({ hosts: [], cwd: '/home/ada/src' });
    fields.line.put(['web-1', 'web-2']);
    expect(fields.start).toMatchObject({ hosts: ['web-1', 'web-2'], cwd: null });
    expect(fields.where).toBe('2 hosts');
    expect(fields.confirmed(['web-1'])).toMatchObject({ confirmed: ['web-1'] });
  });

  test('its places are filled with one word each, and not before all are', () => {
    const command = 'docker logs {{name}} > {{file}}';
    const fields = new CommandFields({ ...form, command, hosts: ['web-1'] }, '/', noChoice);
    expect([fields.places, fields.lacking]).toEqual([['name', 'file'], '']);
    fields.values.set('name', 'web');
    expect(fields.lacking).toBe('');
    fields.values.set('file', 'a b');
    expect(fields.lacking).toBeNull();
    expect(fields.start).toMatchObject({ command: "docker logs web > 'a b'" });
    expect(fields.command).toBe(command);
  });

  test('all hosts, and those of a batch of somebody else, are asked about', async () => {
    const of = (line: string) => ({
      choice: {
        hosts: ['web-1', 'web-2'],
        is_all: line === '*',
        typed: [],
        of_others: line === '@failed' ? [['b', 'bob@box'] as [string, string]] : [],
      },
      folded: 'web-[1-2]',
    });
    const choose = (line: string) => Promise.resolve(of(line));
    const fields = new CommandFields({ ...form, hosts: ['web-1'] }, '/', choose);
    expect(fields.doubt).toBeNull();
    vi.useFakeTimers();
    fields.line.type('*');
    await vi.advanceTimersByTimeAsync(500);
    expect(fields.doubt).toBe('“*” means all 2 hosts.');
    fields.line.type('@failed');
    await vi.advanceTimersByTimeAsync(500);
    expect(fields.doubt).toContain('bob@box');
    vi.useRealTimers();
  });

  test('an empty one cannot be run', () => {
    expect(new CommandFields({ ...form, command: ' ', hosts: [] }, '/', noChoice).lacking).toBe('');
  });
});

describe('a target on hosts', () => {
  const form = fieldsOf({}).form;
  const found = (host: string, problem: string | null) => ({
    ...{ host, job: null, commit: null, as_here: null, words: '' },
    folder: problem === null ? '/srv/shop' : null,
    problem,
  });

  test('is looked for first, and again if something else is to run there', async () => {
    const fields = new TargetFields({ ...form, hosts: ['web-1', 'web-2'] });
    expect(fields.start).toMatchObject({
      kind: 'target_on_hosts',
      on: [
        { host: 'web-1', folder: null },
        { host: 'web-2', folder: null },
      ],
    });
    expect(fields.checkouts).toBeNull();
    const requests: unknown[] = [];
    await fields.look((sought) => {
      requests.push(sought);
      return Promise.resolve([found('web-1', null), found('web-2', 'there is no make')]);
    });
    const sought = { project: form.project.name, targets: ['deploy'], folder: null };
    expect(requests).toEqual([{ ...sought, hosts: ['web-1', 'web-2'] }]);
    expect(fields.ready).toEqual(['web-1']);
    expect(fields.confirmed(['web-1'])).toMatchObject({
      on: [{ host: 'web-1', folder: '/srv/shop' }],
      confirmed: ['web-1'],
    });
    fields.folder = '~/other';
    expect(fields.checkouts).toBeNull();
    fields.line.put([]);
    expect([fields.start.kind, fields.sought]).toEqual(['target', null]);
  });

  test('a host that is not reached is in the batch as that, and one that lacks make is not', async () => {
    const hosts = ['web-1', 'web-2', 'web-3'];
    const fields = new TargetFields({ ...form, hosts });
    const unreached = { why: 'nobody answers', reason: 'timeout' };
    await fields.look(() =>
      Promise.resolve([
        found('web-1', null),
        { ...found('web-2', 'nobody answers'), unreached },
        found('web-3', 'there is no make'),
      ]),
    );
    expect(fields.ready).toEqual(['web-1']);
    expect(fields.start).toMatchObject({
      on: [
        { host: 'web-1', folder: '/srv/shop' },
        { host: 'web-2', folder: null, unreached },
      ],
    });
  });

  test('runs nowhere if it can run on none of them', async () => {
    const fields = new TargetFields({ ...form, hosts: ['web-1'] });
    await fields.look(() => Promise.resolve([found('web-1', 'there is no make')]));
    expect(fields.lacking).toBe('It can run on none of them.');
  });
});

test('a pattern runs with a text in the place of its %, and not before there is one', () => {
  const target = { name: 'test-%', pattern: true };
  const fields = fieldsOf({ target });
  expect(fields.lacking).toBe('');
  fields.stem = ' api ';
  expect(fields.lacking).toBeNull();
  expect(fields.start).toMatchObject({ targets: ['test-api'] });
  const again = fieldsOf({ target, presets: { last: fields.filled, named: [] } });
  expect([again.stem, again.changed]).toEqual(['api', false]);
});

test('values that the makefile knows are suggested if any text may be given', () => {
  const suggestions = ['staging', 'prod'];
  const fields = fieldsOf({ variables: [aVariable('ENV', { suggestions, default: 'staging' })] });
  const env = field(fields, 'ENV');
  expect(env.suggestions).toEqual(['prod']);
  env.pick('prod');
  expect([env.given, env.suggestions]).toEqual(['prod', ['staging']]);
  const fixed = { file: 'Makefile', line: 1 };
  const own = fieldsOf({ variables: [aVariable('ENV', { suggestions, fixed })] });
  expect(field(own, 'ENV').suggestions).toEqual([]);
});

// A socket and a server for tests: what the page sends is kept, and the test decides what it gets.
import { Client, type Link, type World } from '../client';
import type { Door } from '../socket';
import type {
  Host,
  Call,
  Event,
  Job,
  Line,
  Message,
  Project,
  Reply,
  Request,
  Target,
  Variable,
} from '../wire';

/** What is within a request's group. */
type Within<Group> = Group extends unknown ? Group[keyof Group] : never;

/** A call as tests look at it: its request without the group. */
export interface Sent {
  id: number;
  request: Within<Request>;
}

/** A socket whose other end is the test. */
export class FakeSocket {
  /** As the standard counts: 0 connecting, 1 open, 3 closed. */
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: Sent[] = [];

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    const { id, request } = JSON.parse(text) as Call;
    const [within] = Object.values(request) as Sent['request'][];
    this.sent.push({ id, request: within! });
    this.answer?.(this.sent.at(-1)!);
  }

  /** Answers calls at once, if it is set. */
  answer: ((call: Sent) => void) | null = null;

  close(): void {
    this.drop();
  }

  /** The server accepts. */
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  /** The connection is gone. */
  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  /** The server says something. */
  say(message: Message): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The server answers a call. */
  reply(id: number, reply: Reply): void {
    this.say({ reply: { id, reply } });
  }

  /** The server sends chunks of a raw log: their numbers and their text. */
  frame(subscription: number, chunks: [number, string][]): void {
    this.onmessage?.({ data: aFrame(subscription, chunks) });
  }

  /** The server sends an event. */
  tell(event: Event): void {
    this.say({ event });
  }
}

/** A frame of a raw log, laid out as `wire.rs` says. */
export function aFrame(subscription: number, chunks: [number, string][]): ArrayBuffer {
  const texts = chunks.map(([, text]) => new TextEncoder().encode(text));
  const frame = new Uint8Array(texts.reduce((sum, text) => sum + 24 + text.length, 4));
  const view = new DataView(frame.buffer);
  view.setUint32(0, subscription, true);
  let at = 4;
  chunks.forEach(([seq], i) => {
    view.setBigUint64(at, BigInt(seq), true);
    view.setBigInt64(at + 8, 1_790_000_000_000_000n, true);
    view.setUint32(at + 16, texts[i]!.length, true);
    frame.set(texts[i]!, at + 24);
    at += 24 + texts[i]!.length;
  });
  return frame.buffer;
}

/** A world with sockets of the test's own, and a client in it. */
export class FakeWorld implements World {
  readonly sockets: FakeSocket[] = [];
  readonly links: Link['state'][] = [];
  door = async (): Promise<Door> => ({ url: 'ws://127.0.0.1:1/ws', token: 'T' });
  refused: World['refused'] = async () => null;

  socket = (url: string, protocols: string[]): WebSocket => {
    const socket = new FakeSocket(url, protocols);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  /** The newest socket. */
  get last(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** A client that is connected. */
  async connected(): Promise<Client> {
    const client = this.client();
    await client.connect();
    this.last.open();
    return client;
  }

  /** A client that is not. */
  client(): Client {
    const client = new Client(this);
    client.onlink = ({ state }) => this.links.push(state);
    return client;
  }

  /** The requests sent over the newest socket. */
  get requests(): Sent['request'][] {
    return this.last.sent.map((call) => call.request);
  }
}

/** A host, with the fields that a test cares about. */
export function aHost(host: Partial<Host> = {}): Host {
  return {
    name: 'web-1',
    hostname: '127.0.0.1',
    user: 'ada',
    port: 22,
    place: '~/.ssh/config:1',
    also: [],
    sources: [{ kind: 'ssh_config', place: '~/.ssh/config:1' }],
    conflicts: [],
    tags: [],
    vanished: null,
    production: false,
    care: 'ask',
    commands: [],
    problem: null,
    ...host,
  };
}

/** A job, with the fields that a test cares about. */
export function aJob(job: Partial<Job> = {}): Job {
  return {
    id: '01890000-0000-7000-8000-000000000001',
    type: 'local',
    project: 'vm',
    target: 'status',
    targets: job.target === null ? [] : [job.target ?? 'status'],
    host: null,
    sudo: false,
    command: 'make status',
    status: 'running',
    exit_code: null,
    signal: null,
    reason: null,
    named_spot: null,
    waits: null,
    waits_for: null,
    survivors: [],
    notes: [],
    unreachable: null,
    queued_at: '2026-11-24T06:00:00Z',
    started_at: '2026-11-24T06:00:00Z',
    finished_at: null,
    lines: 0,
    bytes: 0,
    batch: null,
    argv: [],
    variables: [],
    options: {
      jobs: null,
      keep_going: false,
      always_make: false,
      dry_run: false,
      raw: [],
      reserved: false,
    },
    cwd: null,
    environment: [],
    pty: false,
    commit: null,
    owner: 'a@b',
    is_silent: false,
    paused: null,
    prompt: null,
    last_signal: null,
    unarchived: null,
    seal: '00',
    ...job,
  };
}

/** A project that may be run. */
export function aProject(project: Partial<Project> = {}): Project {
  const plain = { name: 'vm', path: '/vm', source: 'added' as const, trusted: true };
  return { ...plain, changed: false, exclusive: false, problem: null, ...project };
}

/** A target, with the fields that a test cares about. */
export function aTarget(name: string, target: Partial<Target> = {}): Target {
  return {
    name,
    pattern: false,
    place: { file: 'Makefile', line: 1 },
    doc: null,
    summary: null,
    group: null,
    phony: true,
    listed: true,
    recipe: [],
    danger: null,
    uses: [],
    guards: [],
    leads: [],
    pty: false,
    pty_reason: null,
    exclusive: [],
    graces: [],
    timeout: null,
    defaults: [],
    extra_words: false,
    ...target,
  };
}

/** A variable with `?=`, with the fields that a test cares about. */
export function aVariable(name: string, variable: Partial<Variable> = {}): Variable {
  return {
    name,
    doc: null,
    default: null,
    set_by: null,
    optional: true,
    need: 'met',
    choices: [],
    suggestions: [],
    secret: false,
    place: null,
    kind: 'text',
    fixed: null,
    ...variable,
  };
}

/** A line of a log. */
export function aLine(number: number, line: Partial<Line> = {}): Line {
  const text = `line ${number}`;
  const whole = { number, stream: 'stdout' as const, at: 0, spans: [{ text }], bytes: text.length };
  return { ...whole, cut: false, open: false, ...line };
}

/** Lets everything that was promised happen. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

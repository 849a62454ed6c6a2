// A `vmo serve` with folders of its own, started and stopped by the scenarios.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { removeApart } from './folders.mjs';

/** What `vmo serve --json` prints. */
export interface Served {
  /** With a code that works once. */
  url: string;
  port: number;
  token: string;
  origin: string;
}

const run = promisify(execFile);
/** The program. */
export const BIN = resolve(process.env.VMO_BIN ?? 'target/debug/vmo');

/** Folders of one person, gone when the scenarios are over. */
export class Home {
  private constructor(
    readonly root: string,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async make(): Promise<Home> {
    const root = await mkdtemp(join(tmpdir(), 'vmo-e2e-'));
    // As root the private Postgres runs as another user, who must get through to its data.
    await chmod(root, 0o755);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: join(root, 'home'),
      VMO_DATA_DIR: join(root, 'data'),
      VMO_CONFIG_DIR: join(root, 'config'),
      VMO_SSH_CONFIG: join(root, 'ssh_config'),
      MKCLI_REGISTRY: join(root, 'registry'),
      // Nobody comes after the scenarios.
      VMO_POSTGRES_LINGER_MS: '0',
    };
    delete env.DATABASE_URL;
    delete env.VMO_DATABASE_URL;
    // What a make that runs the tests leaves is not this person's.
    for (const name of Object.keys(env)) if (/^(MAKE|MFLAGS)/.test(name)) delete env[name];
    await mkdir(join(root, 'home'));
    return new Home(root, env);
  }

  /** A command of this person in a terminal, and what it prints. */
  async vmo(...args: string[]): Promise<string> {
    return (await run(BIN, args, { env: this.env })).stdout;
  }

  /** Ends what outlives the server, as it should: jobs that run, and then the private Postgres. */
  async remove(): Promise<void> {
    // Without its Postgres it lists what is not archived, which all that run are, and fails after that.
    const list = run(BIN, ['jobs', '--status', 'running', '--json'], { env: this.env });
    const { stdout } = await list.catch((failed: { stdout: string }) => failed);
    const running = JSON.parse(stdout) as { id: string }[];
    await Promise.all(running.map(({ id }) => run(BIN, ['cancel', id], { env: this.env })));
    if (!this.env.VMO_DATABASE_URL) {
      // Its guardian holds this lock for as long as it lives.
      const lock = join(this.root, 'data/postgres/guardian.lock');
      await run('flock', ['--wait', '30', lock, 'true']);
      removeApart(join(this.root, 'data/postgres'));
    }
    await rm(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

/** A Postgres of somebody else: the private one of a person who has no window open. */
export class Database {
  private constructor(
    private readonly home: Home,
    private readonly child: ChildProcess,
    /** As psql takes it. */
    readonly address: string,
  ) {}

  static async start(): Promise<Database> {
    const home = await Home.make();
    const child = spawn(BIN, ['db'], { env: home.env, stdio: ['ignore', 'pipe', 'ignore'] });
    const [address] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new Database(home, child, address);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await gone;
    await this.home.remove();
  }
}

/** A running server. */
export class Server {
  private constructor(
    readonly served: Served,
    readonly child: ChildProcess,
  ) {}

  static async start(home: Home, port = 0, program = BIN): Promise<Server> {
    const args = ['serve', '--json', '--port', String(port)];
    const child = spawn(program, args, { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([
      once(lines, 'line').then(([line]) => line as string),
      once(child, 'exit').then(([code]) => {
        throw new Error(`${program} serve ended with ${code} before it said where it is`);
      }),
    ]);
    return new Server(JSON.parse(first) as Served, child);
  }

  /** Ends it and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}

// A person's fresh folders, the programs in them, and the jobs whose logs are looked at.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freshFolders } from '../folders.mjs';
import { makefile, printInto } from './printed.mjs';

const run = promisify(execFile);

/** The release build where `make bench` has left it, else what the tests use. */
export const PROGRAMS = resolve(
  process.env.PROGRAMS ?? (existsSync('target/bench/vmo') ? 'target/bench' : 'target/debug'),
);

/** Folders, and what is started in them. */
export class Home {
  #folders = freshFolders();
  env = { ...process.env, ...this.#folders.env };
  work = join(this.#folders.home, 'work');

  static async make() {
    const home = new Home();
    delete home.env.DATABASE_URL;
    delete home.env.VMO_DATABASE_URL;
    mkdirSync(home.work);
    const million = join(home.work, 'million.out');
    await printInto(million, 1_000_000);
    writeFileSync(join(home.work, 'Makefile'), makefile(million));
    await home.vmo('projects', 'add', home.work);
    return home;
  }

  /** Runs a command of vmo and gives what it prints. */
  async vmo(...args) {
    const { stdout } = await run(join(PROGRAMS, 'vmo'), args, { env: this.env });
    return stdout.trim();
  }

  /** Starts a target and leaves it running; gives the job's id. */
  start(target, ...variables) {
    return this.vmo('run', '-p', this.work, '--detach', target, ...variables);
  }

  /** Runs a target to its end; gives the job. */
  async finish(target, ...variables) {
    return JSON.parse(await this.vmo('run', '-p', this.work, '--json', target, ...variables));
  }

  /** Resolves when a running job has printed so many lines. */
  async printed(id, lines) {
    const follows = spawn(join(PROGRAMS, 'vmo'), ['log', '--follow', id], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let left = lines;
    for await (const bytes of follows.stdout) {
      for (const byte of bytes) if (byte === 10) left -= 1;
      if (left <= 0) break;
    }
    follows.kill();
  }

  /** Serves the page. */
  async serve() {
    const child = spawn(join(PROGRAMS, 'vmo'), ['serve', '--json'], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return {
      ...JSON.parse(line),
      stop: async () => {
        child.kill();
        if (child.exitCode === null) await once(child, 'exit');
      },
    };
  }

  /** Waits until no app uses the folders any more. */
  left() {
    this.#folders.left();
  }

  remove() {
    this.#folders.remove();
  }
}

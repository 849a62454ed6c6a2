// What is behind the pages of the states: a person's folders, projects, hosts, and the servers the pages come from.
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test as base, type Page } from '@playwright/test';
import { UntouchedKey } from '../agent';
import { App } from '../app';
import { BIN, Database, Home, Server } from '../serve';
import { freePort, Sshd } from '../sshd';
import { furnish } from './furniture';

/**
 * A server, by what a person has there: nothing at all, the demo project, projects and hosts of their own; or a database
 * that does not answer; or an end that is near.
 */
export type Which = 'bare' | 'demo' | 'own' | 'away' | 'ending';

export class World {
  private readonly servers = new Map<Which, Server>();
  /** The secrets of servers whose code was used. */
  private readonly tokens = new Map<Server, string>();
  private sshd: Sshd | null = null;
  private key: UntouchedKey | null = null;
  private lonely: Home | null = null;
  private other: Database | null = null;

  private constructor(readonly home: Home) {}

  static async make(): Promise<World> {
    const home = await Home.make();
    // A job goes without it, and says so.
    home.env.MAKEFLAGS = '--keep-going';
    return new World(home);
  }

  /** Opens a page of a server, which is started if it was not yet. */
  async open(page: Page, which: Which): Promise<void> {
    const server = await this.server(which);
    const token = this.tokens.get(server);
    // The code works once: later windows get the token as a second tab of the same browser would.
    if (token !== undefined)
      await page.addInitScript((kept) => sessionStorage.setItem('vmo.token', kept), token);
    await page.goto(token === undefined ? server.served.url : server.served.origin);
    await expect(page.getByTestId('store-state')).toHaveText(
      which === 'away' ? /^Postgres offline/ : 'Logs kept in Postgres',
      { timeout: 60_000 },
    );
    const kept = await page.evaluate(() => sessionStorage.getItem('vmo.token'));
    if (kept !== null) this.tokens.set(server, kept);
  }

  async server(which: Which): Promise<Server> {
    const known = this.servers.get(which);
    if (known) return known;
    const started = await this.start(which);
    this.servers.set(which, started);
    return started;
  }

  /** Ends a server; its pages lose their connection. */
  async stop(which: Which): Promise<void> {
    await (await this.server(which)).stop();
  }

  /** Starts another in the place of one that has ended: pages of that one have no key to it. */
  async replace(which: Which): Promise<void> {
    const { served } = await this.server(which);
    this.servers.set(which, await Server.start(this.home, served.port));
  }

  /** The address of a Postgres that is not this person's. */
  async database(): Promise<string> {
    this.other ??= await Database.start();
    return this.other.address;
  }

  async end(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.stop()));
    await this.key?.stop();
    await this.sshd?.stop();
    await this.other?.stop();
    await this.lonely?.remove();
    await this.home.remove();
  }

  private async start(which: Which): Promise<Server> {
    if (which === 'bare') return Server.start(this.home, 0, await this.copy());
    if (which === 'away') {
      this.lonely = await Home.make();
      this.lonely.env.VMO_DATABASE_URL = `postgres://vmo@127.0.0.1:${await freePort()}/vmo`;
      return Server.start(this.lonely);
    }
    if (which === 'own' && this.sshd === null) {
      const programs = await askingSudo(this.home.root);
      const path = `SetEnv PATH=${programs}:/usr/local/bin:/usr/bin:/bin`;
      this.sshd = await Sshd.start(join(this.home.root, 'sshd'), [path]);
      const agent = join(this.home.root, 'agent');
      this.key = await UntouchedKey.listen(agent, `${this.sshd.key}.pub`, 'yubikey-5c');
      await appendFile(join(this.home.root, 'sshd/authorized'), this.key.line);
      await furnish(this.home, this.sshd, await freePort());
    }
    return Server.start(this.home);
  }

  /** The demo project is found beside the program: one that lies elsewhere has none. */
  private async copy(): Promise<string> {
    const path = join(this.home.root, 'bin/vmo');
    await mkdir(dirname(path), { recursive: true });
    await copyFile(BIN, path);
    // What it needs is not beside it either.
    this.home.env.VMO_BIN_DIR ??= dirname(BIN);
    const postgres = resolve(dirname(BIN), '../postgres');
    if (existsSync(postgres)) this.home.env.VMO_POSTGRES ??= postgres;
    return path;
  }
}

/** A page of one of its servers, drawn without motion. */
export const test = base.extend<{ at: (which: Which) => Promise<App> }, { world: World }>({
  world: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern.
    async ({}, use) => {
      const world = await World.make();
      await use(world);
      await world.end();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  at: async ({ page, world }, use) => {
    await use(async (which) => {
      await world.open(page, which);
      return new App(page);
    });
  },
});

/** A folder with a sudo that asks for a password, as none does whom root logs in: it is only looked at here. */
async function askingSudo(root: string): Promise<string> {
  const folder = join(root, 'programs');
  await mkdir(folder);
  const script = '#!/bin/sh\nprintf %s "$3" >&2\nread -r password\nexit 1\n';
  await writeFile(join(folder, 'sudo'), script, { mode: 0o755 });
  return folder;
}

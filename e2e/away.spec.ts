// Postgres goes and comes: jobs run on, the page says how it is, and the archive catches up by itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server as Listener, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test } from '@playwright/test';
import { App } from './app';
import { BIN, Home, Server } from './serve';

/** A Postgres that can be cut off: the private one of other folders, behind a port of ours. */
class Postgres {
  private readonly open = new Set<Socket>();
  private listener: Listener | null = null;

  private constructor(
    private readonly keeper: ChildProcess,
    private readonly socket: string,
    readonly home: Home,
    private port: number,
  ) {}

  static async start(): Promise<Postgres> {
    const home = await Home.make();
    const keeper = spawn(BIN, ['db'], { env: home.env, stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(createInterface({ input: keeper.stdout }), 'line')) as [string];
    const address = new URL(line);
    const folder = decodeURIComponent(address.searchParams.get('host') ?? address.hostname);
    const number = address.searchParams.get('port') ?? (address.port || '5432');
    return new Postgres(keeper, `${folder}/.s.PGSQL.${number}`, home, 0);
  }

  get url(): string {
    return `postgres://vmo@127.0.0.1:${this.port}/vmo?sslmode=disable`;
  }

  /** Lets connections through. */
  async comes(): Promise<void> {
    this.listener = createServer((outside) => {
      const inside = connect(this.socket);
      for (const end of [outside, inside]) {
        this.open.add(end);
        end.on('close', () => this.open.delete(end));
        end.on('error', () => end.destroy());
      }
      outside.pipe(inside).pipe(outside);
    });
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
    this.port = (this.listener.address() as { port: number }).port;
  }

  /** Cuts all connections, and refuses new ones. */
  async goes(): Promise<void> {
    const closed = once(this.listener!, 'close');
    this.listener!.close();
    for (const end of this.open) end.destroy();
    await closed;
  }

  async stop(): Promise<void> {
    const gone = once(this.keeper, 'exit');
    this.keeper.kill('SIGINT');
    await gone;
    await this.home.remove();
  }
}

test('Postgres goes and comes back while jobs run', async ({ page }) => {
  test.setTimeout(180_000);
  const postgres = await Postgres.start();
  // Its port is known from here on.
  await postgres.comes();
  await postgres.goes();
  const home = await Home.make();
  home.env.VMO_DATABASE_URL = postgres.url;
  const server = await Server.start(home);
  const state = page.getByTestId('store-state');
  const app = new App(page);
  try {
    await page.goto(server.served.url);
    await expect(state).toHaveText('Postgres offline — logs wait on disk, nothing is lost');
    await app.run('hello');
    await expect(app.status).toHaveText('Done');
    await app.history();
    await expect(page.getByText('The list may be incomplete')).toBeVisible();
    await expect(page.getByRole('row', { name: /hello/ })).toBeVisible();

    await postgres.comes();
    await expect(state).toHaveText('Logs kept in Postgres', { timeout: 40_000 });
    await app.run('logs');
    await expect(app.line(/web-1/).first()).toBeVisible();
    await postgres.goes();
    await expect(state).toHaveText('Postgres offline — logs wait on disk, nothing is lost');
    // The job does not notice.
    const last = await app.lastLine();
    await expect.poll(() => app.lastLine()).toBeGreaterThan(last + 5);
    await page.keyboard.press('Control+.');
    await expect(app.status).toHaveText('Canceled');

    await postgres.comes();
    await expect(state).toHaveText('Logs kept in Postgres', { timeout: 40_000 });
    await page.reload();
    await app.history();
    await expect(page.getByText('The list may be incomplete')).toBeHidden();
    await expect(page.getByRole('row', { name: /logs.*Canceled|Canceled.*logs/ })).toBeVisible();
    await expect(page.getByRole('row', { name: /hello/ })).toBeVisible();
  } finally {
    await server.stop();
    await home.remove();
    await postgres.stop();
  }
});

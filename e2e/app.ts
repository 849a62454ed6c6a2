// The page as the scenarios speak of it, and the server they share.
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { Home, Server } from './serve';

/** The page. */
export class App {
  constructor(readonly page: Page) {}

  /** A target's row in the sidebar. */
  target(name: string): Locator {
    return this.page.locator(`[data-target="${name}"]`);
  }

  /** The status in a job's header, as its word. */
  get status(): Locator {
    return this.page.getByTestId('status');
  }

  /** The log. */
  get log(): Locator {
    return this.page.getByRole('log');
  }

  /** Lines of the log that hold this text. */
  line(text: string | RegExp): Locator {
    return this.log.locator('[data-line]').filter({ hasText: text });
  }

  /** The number of the last line on screen. */
  async lastLine(): Promise<number> {
    return Number(await this.log.locator('[data-line]').last().getAttribute('data-line'));
  }

  /** A job's terminal. */
  get terminal(): Locator {
    return this.page.getByTestId('terminal');
  }

  /** What has the keyboard if the terminal has it. */
  get keyboard(): Locator {
    return this.terminal.getByRole('textbox');
  }

  /** Rows of the terminal's screen that hold this text. */
  screen(text: string | RegExp): Locator {
    return this.terminal.locator('.xterm-rows > div').filter({ hasText: text });
  }

  /** A button of the page itself, not of the sidebar. */
  button(name: string | RegExp): Locator {
    return this.page.getByRole('main').getByRole('button', { name });
  }

  /** Unfolds the demo project if it is folded. */
  async unfold(): Promise<void> {
    const demo = this.page.getByRole('button', { name: /^vm\b/, expanded: false });
    const folded = await demo.or(this.target('hello')).first().getAttribute('aria-expanded');
    if (folded === 'false') await demo.click();
  }

  /** Clicks a target and waits for its job's page. */
  async run(name: string): Promise<void> {
    await this.unfold();
    await this.target(name).click();
    await expect(this.page).toHaveURL(/\/job\//);
    await expect(this.page.getByRole('heading', { level: 1, name })).toBeVisible();
  }

  /** Runs a shell command here, and waits for its job's page. */
  async shell(script: string, { terminal = false } = {}): Promise<void> {
    const before = this.page.url();
    await this.page.keyboard.press('Control+k');
    await this.page.keyboard.type('run a command');
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('textbox', { name: 'Command' }).fill(script);
    if (terminal) await this.page.getByRole('switch', { name: 'Terminal' }).click();
    await this.page.getByRole('button', { name: 'Run on this machine' }).click();
    // Not the job before it.
    await expect(this.page).not.toHaveURL(before);
    await expect(this.page).toHaveURL(/\/job\//);
  }

  /** Goes to History. */
  async history(): Promise<void> {
    await this.page.getByRole('link', { name: 'History' }).click();
    await expect(this.page.getByRole('heading', { name: 'History' })).toBeVisible();
  }

  /** Drops the page's socket, as a network would. */
  async drop(): Promise<void> {
    await this.page.evaluate(() => {
      for (const socket of (window as unknown as Recording).sockets) socket.close();
    });
  }
}

interface Recording {
  sockets: WebSocket[];
}

interface Shared {
  home: Home;
  server: Server;
  /** The secret of the server's launch, got by the code in its address the first time. */
  opened: { token: string | null };
}

/** Keeps the page's sockets so that a scenario can drop them. */
function record(): void {
  const sockets: WebSocket[] = [];
  (window as unknown as Recording).sockets = sockets;
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
}

export const test = base.extend<{ app: App; problems: string[] }, Shared>({
  home: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern.
    async ({}, use) => {
      const home = await Home.make();
      await use(home);
      await home.remove();
    },
    { scope: 'worker' },
  ],
  server: [
    async ({ home }, use) => {
      const server = await Server.start(home);
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  opened: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern.
    async ({}, use) => use({ token: null }),
    { scope: 'worker' },
  ],
  /** What the browser complained of; a scenario that leaves something here fails. */
  problems: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // A dropped socket is in the log of the browser by itself.
      if (message.type() === 'error' && !message.text().includes('WebSocket'))
        problems.push(message.text());
    });
    await use(problems);
    expect(problems).toEqual([]);
  },
  app: async ({ page, server, opened, problems }, use) => {
    expect(problems).toEqual([]);
    await page.addInitScript(record);
    if (opened.token === null) {
      await page.goto(server.served.url);
    } else {
      // The code works once: later windows get the token as a second tab of the same browser would.
      const { token } = opened;
      await page.addInitScript((kept) => sessionStorage.setItem('vmo.token', kept), token);
      await page.goto(server.served.origin);
    }
    await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres', {
      timeout: 60_000,
    });
    opened.token = await page.evaluate(() => sessionStorage.getItem('vmo.token'));
    await use(new App(page));
  },
});

export { expect };

// The one door to the socket: calls and their answers, events, raw logs, and coming back after a drop.
import { type Chunk, unpack } from './log/frames';
import { reason } from './reason';
import { type Door, NoDoor } from './socket';
import type {
  Call,
  CommandConsent,
  Event,
  Failure,
  FailureCode,
  LogRequest,
  Message,
  Reply,
  Request,
} from './wire';

/** The state of the connection. */
export type Link =
  | { state: 'connecting' }
  | { state: 'open' }
  /** Dropped or not there; another attempt comes by itself. `why` is for a person, if anything is known. */
  | { state: 'away'; why: string | null }
  /** No attempt will help until a person does something. */
  | { state: 'shut'; why: string };

/** A request that was not answered as hoped; the message is for a person. */
export class CallFailed extends Error {
  readonly code: FailureCode | 'disconnected';
  /** What has to be allowed first, if it is that. */
  readonly consent: CommandConsent | null;

  constructor(failure: Omit<Failure, 'code'> & { code: FailureCode | 'disconnected' }) {
    super(failure.message);
    this.code = failure.code;
    this.consent = failure.consent ?? null;
  }
}

type ReplyType = Reply['type'];
type With<T extends ReplyType> =
  Extract<Reply, { type: T }> extends { with: infer W } ? W : undefined;

/** What a client needs of the world; tests give their own. */
export interface World {
  /** Finds the socket; asked before every attempt. */
  door: () => Promise<Door>;
  /** Asked after failed attempts: whether the server is there and refuses us; then the reason to give up. */
  refused: () => Promise<NoDoor | null>;
  /** Makes a socket; may throw if a policy forbids it. */
  socket: (url: string, protocols: string[]) => WebSocket;
}

/** `WebSocket.OPEN`, by its number in the standard, so that tests need no browser. */
const OPEN = 1;

/** The first pause before another attempt, and the longest, in milliseconds. */
const FIRST_PAUSE = 100;
const LAST_PAUSE = 5000;

/** How long a server may be silent before it is asked for a sign of life, and may then take to give one, in milliseconds. */
const SILENCE = 4000;
const PATIENCE = 5000;
/** How long what is insisted on waits for the connection, in milliseconds. */
const INSIST = 120_000;

/** The reader of a raw log; called in this order, and no more once the subscription is over. */
export interface Reader {
  /** It begins. */
  begun: (begun: Extract<Reply, { type: 'subscribed' }>['with']) => void;
  /** The next chunks. */
  chunks: (chunks: Chunk[]) => void;
  /** There is no more; `why` if that is not because the log is complete. */
  ended: (why: string | null) => void;
  /** The connection dropped. */
  dropped: () => void;
}

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (failure: CallFailed) => void;
  /** Who reads what is subscribed to. */
  reader?: Reader;
}

/** One connection that comes back by itself. */
export class Client {
  /** Called for every change of the connection. */
  onlink: (link: Link) => void = () => undefined;
  /** Called for every event, in order. */
  onevent: (event: Event) => void = () => undefined;

  /** When the server showed life last, in milliseconds since 1970; 0 before it ever did. */
  heardAt = 0;

  readonly #world: World;
  readonly #waiting = new Map<number, Waiting>();
  /** By the number of their subscription. */
  readonly #readers = new Map<number, Reader>();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setTimeout> | undefined;
  /** Who waits for the connection. */
  readonly #hopeful = new Set<() => void>();
  #next = 1;
  #failures = 0;
  #closed = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Connects, and from then on connects again whenever the connection is gone. */
  async connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closed = false;
    if (this.#failures === 0) this.onlink({ state: 'connecting' });
    try {
      const { url, token } = await this.#world.door();
      // Closed while the door was looked for.
      if (this.#closed) return;
      this.#attach(this.#world.socket(url, ['vmo.v1', `auth.${token}`]));
    } catch (error) {
      if (error instanceof NoDoor) this.onlink({ state: 'shut', why: error.message });
      else await this.#again(reason(error));
    }
  }

  /** Ends the connection for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pulse);
    this.#socket?.close();
  }

  /**
   * Asks for something and waits for the answer of that type.
   * Rejects with {@link CallFailed}: what the server says, or `disconnected`.
   */
  async ask<T extends ReplyType>(request: Request, type: T): Promise<With<T>> {
    const reply = await this.#call(request);
    if (reply.type !== type) {
      throw new CallFailed({ code: 'failed', message: `expected ${type}, got ${reply.type}` });
    }
    return ('with' in reply ? reply.with : undefined) as With<T>;
  }

  /** Asks for something that is only done, not answered. */
  async tell(request: Request): Promise<void> {
    await this.#call(request);
  }

  /**
   * As {@link tell}, of what may be done twice: if the connection drops before the answer, or is not there, it is sent again
   * once that is back. Rejects if it is away for two minutes.
   */
  async insist(request: Request): Promise<void> {
    const until = Date.now() + INSIST;
    for (;;) {
      try {
        return await this.tell(request);
      } catch (error) {
        const dropped = error instanceof CallFailed && error.code === 'disconnected';
        if (!dropped || this.#closed || !(await this.#openBy(until))) throw error;
      }
    }
  }

  /** Waits for an open connection; false if there is none by then. */
  #openBy(until: number): Promise<boolean> {
    if (this.#socket?.readyState === OPEN) return Promise.resolve(true);
    return new Promise((resolve) => {
      const opened = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(
        () => {
          this.#hopeful.delete(opened);
          resolve(false);
        },
        Math.max(0, until - Date.now()),
      );
      this.#hopeful.add(opened);
    });
  }

  /**
   * Subscribes to every byte of a log. Its end is reported to the reader, as a drop is: then nothing is asked again by itself,
   * for only the reader knows its position.
   */
  async subscribe(
    from: Extract<LogRequest, { type: 'subscribe' }>['with'],
    reader: Reader,
  ): Promise<void> {
    await this.#call({ log: { type: 'subscribe', with: from } }, reader);
  }

  /** Ends a subscription: its reader hears of nothing any more, also not of what is on its way. */
  unsubscribe(subscription: number): void {
    if (!this.#readers.delete(subscription)) return;
    this.tell({ log: { type: 'unsubscribe', with: { subscription } } }).catch(() => undefined);
  }

  #call(request: Request, reader?: Reader): Promise<Reply> {
    const socket = this.#socket;
    if (socket?.readyState !== OPEN) {
      return Promise.reject(
        new CallFailed({
          code: 'disconnected',
          message: 'not connected; try again in a moment',
        }),
      );
    }
    const call: Call = { id: this.#next++, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { resolve, reject, ...(reader && { reader }) });
      socket.send(JSON.stringify(call));
    });
  }

  #attach(socket: WebSocket): void {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#failures = 0;
      this.#heard(socket);
      this.onlink({ state: 'open' });
      const hopeful = [...this.#hopeful];
      this.#hopeful.clear();
      for (const go of hopeful) go();
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      this.#heard(socket);
      if (typeof data === 'string') this.#receive(JSON.parse(data) as Message);
      else this.#route(data as ArrayBuffer);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#dropped(null);
    };
  }

  #dropped(why: string | null): void {
    clearTimeout(this.#pulse);
    this.#socket = null;
    this.#dropWaiting();
    if (!this.#closed) void this.#again(why);
  }

  /**
   * The server shows life. A page is not told of the pings of a socket, so one that falls silent is asked for something it
   * has at hand; what is stopped, or gone without a farewell, does not answer.
   */
  #heard(socket: WebSocket): void {
    this.heardAt = Date.now();
    clearTimeout(this.#pulse);
    this.#pulse = setTimeout(() => {
      this.tell({ settings: { type: 'settings' } }).catch(() => undefined);
      this.#pulse = setTimeout(() => {
        if (this.#socket !== socket) return;
        this.#dropped('the app has stopped answering');
        socket.close();
      }, PATIENCE);
    }, SILENCE);
  }

  #receive(message: Message): void {
    if ('event' in message) return this.#happened(message.event);
    const { id } = 'reply' in message ? message.reply : message.failed;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if ('reply' in message) {
      const { reply } = message.reply;
      // Before anything else is heard: the first bytes come right behind.
      if (reply.type === 'subscribed' && waiting?.reader) {
        this.#readers.set(reply.with.subscription, waiting.reader);
        waiting.reader.begun(reply.with);
      }
      waiting?.resolve(reply);
    } else waiting?.reject(new CallFailed(message.failed.failure satisfies Failure));
  }

  /** Hands out an event; the end of a subscription concerns its reader alone. */
  #happened(event: Event): void {
    if (event.type !== 'subscription_ended') return this.onevent(event);
    const { subscription, why } = event.with;
    const reader = this.#readers.get(subscription);
    this.#readers.delete(subscription);
    reader?.ended(why);
  }

  /** Gives a frame to the reader of its subscription; what comes for one that was ended is dropped. */
  #route(data: ArrayBuffer): void {
    const { subscription, chunks } = unpack(data);
    this.#readers.get(subscription)?.chunks(chunks);
  }

  #dropWaiting(): void {
    const failure = {
      code: 'disconnected',
      message: 'the connection dropped before the answer came',
    } as const;
    for (const { reject } of this.#waiting.values()) reject(new CallFailed(failure));
    this.#waiting.clear();
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    for (const reader of readers) reader.dropped();
  }

  async #again(why: string | null): Promise<void> {
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures, LAST_PAUSE);
    this.#failures += 1;
    this.onlink({ state: 'away', why });
    // One failure is a drop; several may be a server that was restarted.
    const refused = this.#failures > 2 ? await this.#world.refused() : null;
    if (this.#closed) return;
    if (refused) this.onlink({ state: 'shut', why: refused.message });
    else this.#timer = setTimeout(() => void this.connect(), pause);
  }
}

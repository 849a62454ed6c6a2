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

  readonly #world: World;
  readonly #waiting = new Map<number, Waiting>();
  /** By the number of their subscription. */
  readonly #readers = new Map<number, Reader>();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
      this.#failures = 0;
      this.onlink({ state: 'open' });
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      if (typeof data === 'string') this.#receive(JSON.parse(data) as Message);
      else this.#route(data as ArrayBuffer);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#dropWaiting();
      if (!this.#closed) void this.#again(null);
    };
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

// An SSH agent that holds a hardware key, which nobody touches.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';

const KIND = 'sk-ssh-ed25519@openssh.com';
/** Numbers of messages (draft-miller-ssh-agent). */
const REQUEST_IDENTITIES = 11;
const IDENTITIES = 12;

export class UntouchedKey {
  private constructor(
    /** What lets it in, as a line of `authorized_keys`. */
    readonly line: string,
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
  ) {}

  /** Listens at `path`; the key's numbers are those of the Ed25519 key in the file `publicKey`. */
  static async listen(path: string, publicKey: string, comment: string): Promise<UntouchedKey> {
    const [, key] = (await readFile(publicKey, 'utf8')).split(' ');
    // Behind the name of its kind and a length.
    const point = Buffer.from(key!, 'base64').subarray(-32);
    const blob = Buffer.concat([text(KIND), text(point), text('ssh:')]);
    const list = Buffer.concat([Buffer.from([IDENTITIES, 0, 0, 0, 1]), text(blob), text(comment)]);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => socket.destroy()));
      socket.once('close', () => sockets.delete(socket));
      let received = Buffer.alloc(0);
      socket.on('data', (bytes: Buffer) => {
        received = Buffer.concat([received, bytes]);
        while (received.length > 4 && received.length >= 4 + received.readUInt32BE()) {
          // A request for a signature has no answer until somebody touches the key.
          if (received[4] === REQUEST_IDENTITIES) socket.write(text(list));
          received = received.subarray(4 + received.readUInt32BE());
        }
      });
    });
    server.listen(path);
    await once(server, 'listening');
    return new UntouchedKey(`${KIND} ${blob.toString('base64')} ${comment}\n`, server, sockets);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

/** Bytes with their length before them, as the protocol has all of its parts. */
function text(of: string | Buffer): Buffer {
  const bytes = Buffer.from(of);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

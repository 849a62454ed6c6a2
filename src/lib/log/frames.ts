// The bytes of a raw log as they come over the socket: `wire.rs` says how they are laid out.

/** Consecutive bytes of a log, as they were read. */
export interface Chunk {
  /** Its number in the log, from 0 without gaps. */
  seq: number;
  /** A view into the frame; nothing is copied. */
  bytes: Uint8Array;
}

/** Bytes before the chunks, and before each chunk's own. */
const SUBSCRIPTION = 4;
const HEADER = 24;
/** The offset of the length in a chunk's header, after its number and its time. */
const LENGTH = 16;

/** Takes a frame apart. Throws if it is none: then the other end is not what we think it is. */
export function unpack(frame: ArrayBuffer): { subscription: number; chunks: Chunk[] } {
  const view = new DataView(frame);
  const chunks: Chunk[] = [];
  const subscription = view.getUint32(0, true);
  for (let at = SUBSCRIPTION; at < frame.byteLength;) {
    const seq = Number(view.getBigUint64(at, true));
    const length = view.getUint32(at + LENGTH, true);
    chunks.push({ seq, bytes: new Uint8Array(frame, at + HEADER, length) });
    at += HEADER + length;
  }
  return { subscription, chunks };
}

import { createHmac } from 'node:crypto';

const STEP = 30_000;
/** So close to the end of a time step a code may be another one by the time it arrives. */
const CLOSE = 5_000;

/** Waits, if it has to, until there is time enough left to type a code. */
async function inTime(): Promise<void> {
  const left = STEP - (Date.now() % STEP);
  if (left < CLOSE) await new Promise((later) => setTimeout(later, left + 100));
}

/** What an app shows (RFC 6238), now or so many steps from now: each is taken once, those beside the present one too. */
export async function codeOf(secret: string, steps: -1 | 0 | 1 = 0): Promise<string> {
  await inTime();
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP) + steps));
  const digest = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1)! & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function bytesOf(base32: string): Buffer {
  const bits = [...base32.replaceAll(' ', '')].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0'));
  return Buffer.from(
    bits
      .join('')
      .match(/.{8}/gu)!
      .map((byte) => Number.parseInt(byte, 2)),
  );
}

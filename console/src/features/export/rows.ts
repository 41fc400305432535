/** Counts the rows of a file that arrives in pieces. Pure. */

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/** Lines of CSV, the header not counted: a line feed within quotes is part of a cell. */
export function countCsv(): (piece: Uint8Array) => number {
  let quoted = false;
  let lines = 0;
  return (piece) => {
    for (const byte of piece) {
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LINE_FEED && !quoted) lines += 1;
    }
    return Math.max(0, lines - 1);
  };
}

export function countLines(): (piece: Uint8Array) => number {
  let lines = 0;
  return (piece) => {
    for (const byte of piece) if (byte === LINE_FEED) lines += 1;
    return lines;
  };
}

import { ApiError, Unreachable } from '../../api/client';
import type { ExportRequest, Problem, ViewNoun } from '../../api/schema';
import type { Selection } from '../../ui/grid/selection';
import { sentSelection, type Narrowing } from '../tasks/selection';
import { countCsv, countLines } from './rows';

export type Format = 'csv' | 'jsonl';

export type Wanted = {
  noun: ViewNoun;
  format: Format;
  /** All that there are, if nothing is said. */
  columns: string[] | undefined;
  /** What narrows the list, as the API takes it. */
  narrowing: Narrowing;
  /** Empty: as the list is by itself. */
  sort: string;
  selection: Selection | undefined;
};

/** The file, read as it arrives; `onRows` hears how many rows of it are here. */
export async function fetchFile(wanted: Wanted, onRows: (rows: number) => void, signal: AbortSignal): Promise<File> {
  return fetchRows(requestOf(wanted), wanted.noun, wanted.format, onRows, signal);
}

type Asked = { url: string; init: RequestInit };

/** The same of whatever an address writes out. */
export async function fetchRows(
  { url, init }: Asked,
  word: string,
  format: Format,
  onRows: (rows: number) => void,
  signal: AbortSignal,
): Promise<File> {
  const count = format === 'csv' ? countCsv() : countLines();
  const { file, response } = await read(url, { ...init, signal }, (piece) => onRows(count(piece)));
  const name = nameOf(response) ?? `${word}.${format}`;
  return new File([file], name, { type: format === 'csv' ? 'text/csv' : 'application/jsonl' });
}

/** A whole list is asked for by its address; what is chosen of it may be more than an address holds. */
export function requestOf({ noun, format, columns, narrowing, sort, selection }: Wanted): Asked {
  const isSpread = narrowing.rows !== undefined && selection?.kind !== 'some';
  // Sites have columns only where they have rows.
  const known = columns?.filter((name) => isSpread || !name.startsWith('site.'));
  // Spreadsheets know by a mark at its beginning that a file is UTF-8.
  const bom = format === 'csv';
  const url = `/api/v1/${noun}/export`;
  if (selection) {
    const chosen: ExportRequest = { selection: sentSelection(selection, narrowing), format, bom };
    const body = JSON.stringify({ ...chosen, ...(sort && { sort }), ...(known && { columns: known }) });
    return { url, init: { method: 'POST', headers: { 'content-type': 'application/json' }, body } };
  }
  const params = new URLSearchParams({ format });
  if (sort) params.set('sort', sort);
  if (bom) params.set('bom', 'true');
  if (known) params.set('columns', known.join(','));
  for (const [name, value] of Object.entries(narrowing))
    if (typeof value === 'string' && value) params.set(name, value);
  return { url: `${url}?${params}`, init: {} };
}

async function read(url: string, init: RequestInit, onPiece: (piece: Uint8Array) => void) {
  try {
    const response = await fetch(url, { ...init, credentials: 'same-origin' });
    if (!response.ok) throw new ApiError((await response.json()) as Problem);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      onPiece(value);
    }
    return { file: new Blob(pieces), response };
  } catch (cause) {
    if (cause instanceof ApiError || init.signal?.aborted) throw cause;
    throw new Unreachable(cause);
  }
}

/** As the server calls it: with the moment at which it was read. */
function nameOf(response: Response): string | undefined {
  return /filename="(?<name>[^"]+)"/u.exec(response.headers.get('content-disposition') ?? '')?.groups?.['name'];
}

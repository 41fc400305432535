/** Cells of the sheet: what stands in them, what was typed, and what of that is sent. Pure. */

import type { AllotmentChange, AllotmentRow } from '../../api/schema';
import { bytesOf, exactly } from '../space/amount';

/** `space`, `devices`, or the id of a product. */
export type Column = string;

/** What was typed into a cell that said something else. */
export type Edit = { row: AllotmentRow; column: Column; text: string };

export type Edits = ReadonlyMap<string, Edit>;

export function idOf(row: AllotmentRow): string {
  return row.customer_id ?? row.device_id ?? '';
}

export function keyOf(row: AllotmentRow, column: Column): string {
  return `${idOf(row)} ${column}`;
}

/** What stands there before anybody types; nothing where the row has no such number. */
export function heldIn(row: AllotmentRow, column: Column): string | undefined {
  if (column === 'space') {
    return typeof row.space.allotted_bytes === 'number' ? exactly(row.space.allotted_bytes) : '';
  }
  if (column === 'devices') {
    if (row.device_id) return undefined;
    return typeof row.max_devices === 'number' ? String(row.max_devices) : '';
  }
  const pool = row.pools.find(({ product_id }) => product_id === column);
  if (!pool) return undefined;
  return pool.quantity === 'auto' ? '' : String(pool.quantity);
}

const ACTION: Record<string, string> = { space: 'set_space', devices: 'set_max_devices' };

/** The action by which a column is changed. */
export function actionOf(column: Column): string {
  return ACTION[column] ?? 'set_pool';
}

/** What is wrong with a text by itself. */
export function problemOf(column: Column, text: string): string | undefined {
  const plain = text.trim();
  if (plain === '') return undefined;
  if (column === 'space') {
    return bytesOf(plain) === undefined ? 'Write a number and a unit: 500 GB, 1.5 TB.' : undefined;
  }
  return /^\d{1,10}$/u.test(bare(plain)) ? undefined : 'Write a whole number, or nothing.';
}

function bare(text: string): string {
  return text.replaceAll(/[\s,]/gu, '');
}

/** With another text in a cell; what says the same as before is no edit. */
export function edited(edits: Edits, edit: Edit): Edits {
  const next = new Map(edits);
  const key = keyOf(edit.row, edit.column);
  if (edit.text.trim() === heldIn(edit.row, edit.column)) next.delete(key);
  else next.set(key, edit);
  return next;
}

/** The edits as changes, and under which name each cell's refusal comes back. */
export function changesOf(edits: Edits): { changes: AllotmentChange[]; cells: Map<string, string> } {
  const byRow = new Map<string, Edit[]>();
  for (const edit of edits.values()) byRow.set(idOf(edit.row), [...(byRow.get(idOf(edit.row)) ?? []), edit]);
  const cells = new Map<string, string>();
  const changes = [...byRow.values()].map((ofRow, at) => {
    const row = ofRow[0]!.row;
    const pools: NonNullable<AllotmentChange['pools']> = [];
    const change: AllotmentChange = { version: row.version, pools };
    if (row.customer_id) change.customer_id = row.customer_id;
    else change.device_id = row.device_id ?? '';
    cells.set(`changes.${at}.customer_id`, keyOf(row, ofRow[0]!.column));
    cells.set(`changes.${at}.device_id`, keyOf(row, ofRow[0]!.column));
    for (const { column, text } of ofRow) {
      const plain = text.trim();
      const key = keyOf(row, column);
      if (column === 'space') {
        change.allotted_bytes = plain === '' ? null : (bytesOf(plain) ?? null);
        cells.set(`changes.${at}.allotted_bytes`, key);
      } else if (column === 'devices') {
        change.max_devices = plain === '' ? null : Number(bare(plain));
        cells.set(`changes.${at}.max_devices`, key);
      } else {
        cells.set(`changes.${at}.pools.${pools.length}.quantity`, key);
        pools.push({ product_id: column, quantity: plain === '' ? 'auto' : Number(bare(plain)) });
      }
    }
    return change;
  });
  return { changes, cells };
}

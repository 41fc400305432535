import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { ApiError } from '../../api/client';
import type { AllotmentJob, AllotmentList, AllotmentRow, Customer } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { bytes, count, counted } from '../../lib/format';
import { problemText, refusalOf } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { LevelIcon } from '../customers/LevelIcon';
import { kindText } from '../jobs/words';
import { allotmentsQuery, ROWS, setAllotments } from './api';
import { actionOf, changesOf, edited, heldIn, idOf, keyOf, problemOf, type Column, type Edits } from './cells';
import './allotments.css';

const OUTCOME: Record<AllotmentJob['outcome'], string> = {
  completed: 'completed',
  refused: 'refused',
  unfinished: 'not finished',
};

/**
 * Space, limits of devices and pools of a whole subtree, as a sheet: arrows and Enter go from cell to cell, Escape puts one
 * back, and whatever was typed is saved together or not at all.
 */
export function AllotmentsSheet({ customer }: { customer: Customer }) {
  const client = useQueryClient();
  const [offset, setOffset] = useState(0);
  const list = useQuery(allotmentsQuery(customer.id, offset));
  const may = useMay('allotment_set');
  const [edits, setEdits] = useState<Edits>(new Map());
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map());
  const [problem, setProblem] = useState<string>();
  const [saving, setSaving] = useState(false);
  const key = useRef(crypto.randomUUID());
  const wrong = [...edits.values()].some(({ column, text }) => problemOf(column, text));
  const discard = () => {
    setEdits(new Map());
    setRefused(new Map());
    setProblem(undefined);
  };
  const save = async () => {
    if (edits.size === 0 || wrong || saving) return;
    const { changes, cells } = changesOf(edits);
    setSaving(true);
    try {
      await setAllotments(changes, key.current);
      toast(`${counted(edits.size, 'number')} saved`);
      discard();
      await client.invalidateQueries({
        predicate: ({ queryKey: [noun] }) =>
          ['allotments', 'space', 'licence_pools', 'customers', 'devices'].includes(String(noun)),
      });
    } catch (error) {
      const named = error instanceof ApiError ? (error.problem.errors ?? []) : [];
      setRefused(new Map(named.map(({ field, detail }) => [cells.get(field) ?? field, detail])));
      setProblem(problemText(error));
    } finally {
      key.current = crypto.randomUUID();
      setSaving(false);
    }
  };
  return (
    <Card
      title="Everything below"
      end={
        may &&
        edits.size > 0 && (
          <span className="card-links">
            <Button size="s" kind="quiet" onPress={discard}>
              Discard
            </Button>
            <Button
              size="s"
              kind="primary"
              isPending={saving}
              refusal={wrong ? 'Some of it is no number.' : undefined}
              onPress={() => void save()}
            >
              {`Save ${counted(edits.size, 'number')}`}
            </Button>
          </span>
        )
      }
    >
      {list.isPending && <Skeletons lines={4} />}
      {list.error && !list.data && (
        <Failed what="What stands below" error={list.error} onRetry={() => void list.refetch()} />
      )}
      {problem && <Notice tone="danger">{problem}</Notice>}
      {list.data && (
        <>
          <p className="hint">
            Arrows and Enter go from cell to cell, Escape puts one back. Empty: nothing of its own. All is saved
            together, or nothing.
          </p>
          <Sheet
            list={list.data}
            edits={edits}
            refused={refused}
            onEdit={(row, column, text) => {
              setEdits((old) => edited(old, { row, column, text }));
              setRefused((old) => new Map([...old].filter(([cell]) => cell !== keyOf(row, column))));
            }}
            onSave={() => void save()}
          />
          <Pages total={list.data.total} offset={offset} onGo={setOffset} />
        </>
      )}
    </Card>
  );
}

function Pages({ total, offset, onGo }: { total: number; offset: number; onGo: (offset: number) => void }) {
  if (total <= ROWS) return null;
  return (
    <p className="sheet-pages">
      <span className="quiet number">
        {count(offset + 1)} to {count(Math.min(offset + ROWS, total))} of {count(total)}
      </span>
      <Button
        size="s"
        kind="quiet"
        refusal={offset === 0 ? 'It begins here.' : undefined}
        onPress={() => onGo(offset - ROWS)}
      >
        Before
      </Button>
      <Button
        size="s"
        kind="quiet"
        refusal={offset + ROWS >= total ? 'It ends here.' : undefined}
        onPress={() => onGo(offset + ROWS)}
      >
        Next
      </Button>
    </p>
  );
}

type SheetProps = {
  list: AllotmentList;
  edits: Edits;
  refused: ReadonlyMap<string, string>;
  onEdit: (row: AllotmentRow, column: Column, text: string) => void;
  onSave: () => void;
};

function Sheet({ list, edits, refused, onEdit, onSave }: SheetProps) {
  const table = useRef<HTMLTableElement>(null);
  const columns: { column: Column; name: string }[] = [
    { column: 'space', name: 'Space' },
    { column: 'devices', name: 'Device limit' },
    ...list.products.map(({ id, name }) => ({ column: id, name })),
  ];
  const go = (event: KeyboardEvent<HTMLInputElement>, at: number, column: Column) => {
    const step = event.key === 'ArrowDown' || event.key === 'Enter' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      onSave();
      return;
    }
    if (step === 0) return;
    event.preventDefault();
    for (let next = at + step; next >= 0 && next < list.items.length; next += step) {
      const cell = table.current?.querySelector<HTMLInputElement>(`input[data-cell="${next} ${column}"]`);
      if (cell) {
        cell.focus();
        cell.select();
        return;
      }
    }
  };
  return (
    <div className="sheet">
      <table className="mini" ref={table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {columns.map(({ column, name }) => (
              <th key={column} scope="col">
                {name}
              </th>
            ))}
            <th scope="col" className="number">
              Used
            </th>
            <th scope="col">Repository and last runs</th>
          </tr>
        </thead>
        <tbody>
          {list.items.map((row, at) => (
            <tr key={idOf(row)}>
              <th scope="row" style={{ paddingInlineStart: `${4 + row.depth * 16}px` }}>
                <Name row={row} />
              </th>
              {columns.map(({ column, name }) => (
                <td key={column}>
                  <Cell
                    row={row}
                    column={column}
                    label={`${name} of ${row.name}`}
                    at={at}
                    text={edits.get(keyOf(row, column))?.text}
                    refusal={refused.get(keyOf(row, column))}
                    onEdit={(text) => onEdit(row, column, text)}
                    onKey={(event) => go(event, at, column)}
                  />
                </td>
              ))}
              <td className="number">{bytes(row.space.used_bytes)}</td>
              <td>
                <Runs row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({ row }: { row: AllotmentRow }) {
  if (row.device_id) {
    return (
      <Link to="/devices/$id" params={{ id: row.device_id }} className="plain-link">
        {row.name}
      </Link>
    );
  }
  return (
    <span className="sheet-name">
      {row.level && <LevelIcon level={row.level} />}
      <Link to="/space" search={{ under: row.customer_id ?? '' }} className="plain-link">
        {row.name}
      </Link>
    </span>
  );
}

function Runs({ row: { device, devices } }: { row: AllotmentRow }) {
  if (!device) return typeof devices === 'number' && <span className="quiet">{counted(devices, 'device')}</span>;
  const [last] = device.jobs;
  return (
    <span className="who-lines">
      <span className="quiet">{device.pool_name}</span>
      {last ? (
        <span
          className="who-second"
          title={device.jobs.map((job) => `${kindText(job)}: ${OUTCOME[job.outcome]}`).join(', ')}
        >
          {kindText(last)}, {OUTCOME[last.outcome]}, <When at={last.ended_at} never="" />
        </span>
      ) : (
        <span className="who-second">No run yet</span>
      )}
    </span>
  );
}

type CellProps = {
  row: AllotmentRow;
  column: Column;
  label: string;
  at: number;
  text: string | undefined;
  refusal: string | undefined;
  onEdit: (text: string) => void;
  onKey: (event: KeyboardEvent<HTMLInputElement>) => void;
};

function Cell({ row, column, label, at, text, refusal, onEdit, onKey }: CellProps) {
  const id = useId();
  const held = heldIn(row, column);
  if (held === undefined) return null;
  const fixed = refusalOf(row, actionOf(column));
  if (fixed !== undefined) {
    return (
      <span className="number quiet" title={fixed}>
        {held || 'none'}
      </span>
    );
  }
  const problem = (text === undefined ? undefined : problemOf(column, text)) ?? refusal;
  return (
    <span className="sheet-cell">
      <input
        className="input number"
        data-cell={`${at} ${column}`}
        data-changed={text !== undefined || undefined}
        aria-label={label}
        aria-invalid={problem !== undefined}
        aria-describedby={problem ? id : undefined}
        placeholder={column === 'devices' ? 'none' : 'draws'}
        value={text ?? held}
        onChange={(event) => onEdit(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== undefined) {
            event.stopPropagation();
            onEdit(held);
          } else onKey(event);
        }}
      />
      {problem && (
        <span id={id} role="alert" className="field-error">
          {problem}
        </span>
      )}
    </span>
  );
}

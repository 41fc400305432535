import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { isCode } from '../../api/client';
import type { ArchiveFormat, VaultSnapshot } from '../../api/schema';
import { counted, exact } from '../../lib/format';
import { Blank, Failed } from '../../ui/Blank';
import { Breadcrumbs } from '../../ui/Breadcrumbs';
import { Button } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { sizeOf, type Selection } from '../../ui/grid/selection';
import { SelectionBar } from '../../ui/grid/SelectionBar';
import { useSelection } from '../../ui/grid/useSelection';
import { useWindow, type RowWindow } from '../../ui/grid/useWindow';
import { Menu, MenuItem } from '../../ui/Menu';
import { SearchField } from '../../ui/SearchField';
import { toast } from '../../ui/Toasts';
import { archiveAddress, begin, fileAddress, listEntries, pathOf, searchQuery, type Thing } from './api';
import { thingColumns } from './columns';
import { stepsTo } from './days';

const route = getRouteApi('/frame/devices/$id/restore');

/** How long somebody may pause while they type what they look for. */
const PAUSE = 400;
/** An archive is asked for by the paths of what is in it. */
const MOST_PATHS = 100;

type FilesProps = {
  vault: string;
  snapshot: VaultSnapshot;
  /** The password was forgotten meanwhile. */
  onOver: () => void;
};

/** A snapshot as a file manager shows a disk. */
export function Files({ vault, snapshot, onOver }: FilesProps) {
  const { path = '/', q = '', sort = 'name' } = route.useSearch();
  const go = useNavigate({ from: '/devices/$id/restore' });
  const [typed, setTyped] = useState(q);
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = typed.trim() || undefined;
      if (next !== (q || undefined)) void go({ search: (old) => ({ ...old, q: next }), replace: true });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed, q, go]);

  const folder = useWindow<Thing>({
    key: ['vaults', vault, 'entries', snapshot.id, path, sort],
    fetch: (range, signal) => listEntries(vault, snapshot.id, { path, sort, ...range }, signal),
  });
  const search = useQuery({ ...searchQuery(vault, snapshot.id, q), enabled: q !== '' });
  const rows = q ? found(search) : folder;
  const filterKey = JSON.stringify([path, q]);
  const [selection, setSelection] = useSelection(filterKey);
  const selected = sizeOf(selection, rows.total);
  const isOver = isCode(rows.error, 'not_found') && path === '/';
  useEffect(() => {
    if (isOver) onOver();
  }, [isOver, onOver]);

  const download = async (address: string, what: string) => {
    const status = await begin(address);
    if (status === 404) {
      toast(`${what} is not there any more, or the password was forgotten.`);
      onOver();
    } else if (status === 0) toast('The server does not answer. Check the connection and try again.');
    else if (status >= 400) toast(`${what} can’t be read from these backups (${status}).`);
    else toast(`${what} is on its way`);
  };
  const archive = (paths: string[], what: string, format: ArchiveFormat) =>
    void download(archiveAddress(vault, snapshot.id, paths, format), what);
  const open = (thing: Thing) => {
    const at = pathOf(thing);
    if (thing.entry.kind === 'folder') {
      setTyped('');
      void go({ search: (old) => ({ ...old, path: at, q: undefined }) });
    } else if (thing.entry.kind === 'file') {
      void download(fileAddress(vault, snapshot.id, at), thing.entry.name);
    } else toast(`${thing.entry.name} has nothing in it to download by itself; an archive holds it.`);
  };
  const paths = pathsOf(selection, rows, q ? undefined : path);
  const steps = stepsTo(path);
  return (
    <>
      <div className="vault-where">
        <Breadcrumbs label="Folders">
          {[
            <Link
              key="all"
              from="/devices/$id/restore"
              to="."
              search={(old) => ({ ...old, snapshot: undefined, path: undefined, q: undefined })}
              className="plain-link"
            >
              Snapshots
            </Link>,
            <Step key="/" path={undefined} name={exact(snapshot.at)} />,
            ...steps.map((step) => <Step key={step.path} {...step} />),
          ]}
        </Breadcrumbs>
      </div>
      <div className="bar" data-covered={selected > 0 || undefined}>
        <SearchField label="Search this snapshot" value={typed} onChange={setTyped} />
        <div className="bar-end">
          <Packed
            label={q ? 'Download the snapshot' : path === '/' ? 'Download all of it' : 'Download this folder'}
            onPack={(format) => archive([q ? '/' : path], steps.at(-1)?.name ?? 'The snapshot', format)}
          />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        <Packed
          label={`Download ${counted(selected, 'thing')}`}
          refusal={paths ? undefined : `At most ${MOST_PATHS} things at a time: choose the folder that they stand in.`}
          onPack={(format) => archive(paths ?? [], counted(selected, 'thing'), format)}
        />
      </SelectionBar>
      {q && search.data && !search.data.is_whole && (
        <p className="quiet vault-where" role="status">
          There is more than is shown here: look for more of the name.
        </p>
      )}
      <div className="list">
        {rows.error && !isOver ? (
          isCode(rows.error, 'not_found') ? (
            <Blank title="There is no such folder">
              <p role="alert">It is not in this snapshot, or the password was forgotten meanwhile.</p>
              <Step path={undefined} name="Go to the top" />
            </Blank>
          ) : (
            <Failed what="The folder" error={rows.error} onRetry={rows.retry} />
          )
        ) : (
          <Grid
            label="Files"
            columns={thingColumns(open, q !== '')}
            window={rows}
            rowId={pathOf}
            rowName={({ entry }) => entry.name}
            onOpen={open}
            sort={q ? '' : sort}
            onSort={(next) => void go({ search: (old) => ({ ...old, sort: next }), replace: true })}
            selection={{ value: selection, set: setSelection }}
            filter={filterKey}
            blank={<Blank title={q ? `Nothing is called “${q}”` : 'The folder is empty'} />}
          />
        )}
      </div>
    </>
  );
}

/** A folder above. */
function Step({ path, name }: { path: string | undefined; name: string }) {
  return (
    <Link
      from="/devices/$id/restore"
      to="."
      search={(old) => ({ ...old, path, q: undefined })}
      activeOptions={{ exact: true }}
      className="plain-link"
    >
      {name}
    </Link>
  );
}

type PackedProps = { label: string; refusal?: string | undefined; onPack: (format: ArchiveFormat) => void };

function Packed({ label, refusal, onPack }: PackedProps) {
  const trigger = (
    <Button size="s" refusal={refusal}>
      <Download className="icon-s" aria-hidden />
      {label}
    </Button>
  );
  if (refusal) return trigger;
  return (
    <Menu label={label} trigger={trigger}>
      <MenuItem name="As a zip, which every system opens" onAction={() => onPack('zip')} />
      <MenuItem name="As a tar.zst, smaller and with owners" onAction={() => onPack('tar.zst')} />
    </Menu>
  );
}

/** What is selected, by its paths; nothing where there are too many. All of a folder is the folder. */
function pathsOf(selection: Selection, rows: RowWindow<Thing>, folder: string | undefined): string[] | undefined {
  if (selection.kind === 'some') return selection.ids.size <= MOST_PATHS ? [...selection.ids] : undefined;
  if (folder !== undefined && selection.except.size === 0) return [folder];
  const paths: string[] = [];
  for (let at = 0; at < rows.total; at += 1) {
    const row = rows.rowAt(at);
    // What hasn't been looked at yet has no name here.
    if (!row || paths.length > MOST_PATHS) return undefined;
    if (!selection.except.has(pathOf(row))) paths.push(pathOf(row));
  }
  return paths.length <= MOST_PATHS ? paths : undefined;
}

type Searched = {
  data?: { items: Thing[] } | undefined;
  error: Error | null;
  isPending: boolean;
  refetch: () => unknown;
};

/** What a search has found, as a list that is all there. */
function found({ data, error, isPending, refetch }: Searched): RowWindow<Thing> {
  const items = data?.items ?? [];
  return {
    total: items.length,
    beyond: false,
    rowAt: (index) => items[index],
    onView: () => undefined,
    loading: isPending,
    stale: false,
    error: error ?? null,
    retry: () => void refetch(),
  };
}

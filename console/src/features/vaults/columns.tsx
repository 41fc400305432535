import { File, FileSymlink, Folder, PlugZap } from 'lucide-react';
import type { VaultEntryKind } from '../../api/schema';
import { bytes } from '../../lib/format';
import type { Column } from '../../ui/grid/Grid';
import { When } from '../../ui/When';
import { pathOf, type Thing } from './api';

const ICONS = { file: File, folder: Folder, symlink: FileSymlink, special: PlugZap };
const KINDS: Record<VaultEntryKind, string> = {
  file: 'File',
  folder: 'Folder',
  symlink: 'Link',
  special: 'Device, pipe or socket',
};

/** Widths in rem. `found`: rows say in which folder they stand. */
export function thingColumns(onOpen: (thing: Thing) => void, found: boolean): Column<Thing>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: 14,
      grow: true,
      card: true,
      ...(!found && { sort: 'name' }),
      cell: (thing) => <Name thing={thing} onOpen={onOpen} found={found} />,
    },
    {
      id: 'bytes',
      title: 'Size',
      width: 6.5,
      card: true,
      end: true,
      ...(!found && { sort: 'bytes' }),
      mostFirst: true,
      cell: ({ entry }) => entry.bytes !== null && entry.bytes !== undefined && bytes(entry.bytes),
    },
    {
      id: 'modified_at',
      title: 'Changed',
      width: 9,
      from: 36,
      ...(!found && { sort: 'modified_at' }),
      mostFirst: true,
      cell: ({ entry }) => entry.modified_at && <When at={entry.modified_at} />,
    },
    {
      id: 'mode',
      title: 'Permissions',
      width: 7,
      from: 48,
      cell: ({ entry }) => <code className="quiet">{entry.mode}</code>,
    },
  ];
}

function Name({ thing, onOpen, found }: { thing: Thing; onOpen: (thing: Thing) => void; found: boolean }) {
  const { entry } = thing;
  const Icon = ICONS[entry.kind];
  const opens = entry.kind === 'file' || entry.kind === 'folder';
  return (
    <span className="vault-name">
      <Icon className="icon-s" role="img" aria-label={KINDS[entry.kind]} />
      <span className="vault-words">
        {opens ? (
          <button type="button" className="link" tabIndex={-1} title={pathOf(thing)} onClick={() => onOpen(thing)}>
            {entry.name}
          </button>
        ) : (
          <span>{entry.name}</span>
        )}
        {entry.target && <span className="quiet"> to {entry.target}</span>}
        {found && <span className="quiet vault-folder">{thing.folder}</span>}
      </span>
    </span>
  );
}

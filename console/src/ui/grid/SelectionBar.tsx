import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { count, countedTo } from '../../lib/format';
import { Button, IconButton } from '../Button';
import { EVERYTHING, NOTHING, sizeOf, type Selection } from './selection';
import type { RowWindow } from './useWindow';

type SelectionBarProps<T> = {
  window: RowWindow<T>;
  selection: Selection;
  onSelect: (selection: Selection) => void;
  /** What can be done with it. */
  children: ReactNode;
};

/** In the place of the bar above a list while something is selected. */
export function SelectionBar<T>({ window: rows, selection, onSelect, children }: SelectionBarProps<T>) {
  const selected = sizeOf(selection, rows.total);
  if (selected === 0) return null;
  return (
    <div className="bar bar-selected" role="toolbar" aria-label="What to do with the selection">
      <IconButton label="Clear the selection" size="s" onPress={() => onSelect(NOTHING)}>
        <X className="icon-s" aria-hidden />
      </IconButton>
      <b className="number" role="status">
        {selection.kind === 'all' && rows.beyond ? countedTo(rows) : count(selected)} selected
      </b>
      {selection.kind === 'some' && selected < rows.total && (
        <Button kind="link" onPress={() => onSelect(EVERYTHING)}>
          Select all {countedTo(rows)}
        </Button>
      )}
      <div className="bar-end" data-selection-actions>
        {children}
      </div>
    </div>
  );
}

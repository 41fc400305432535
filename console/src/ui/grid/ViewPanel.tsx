import { ArrowDown, ArrowUp, GripVertical, Minus, Pin, PinOff, Plus } from 'lucide-react';
import { useId } from 'react';
import { Button as AriaButton, Dialog, GridList, GridListItem, Heading, useDragAndDrop } from 'react-aria-components';
import { Button, IconButton } from '../Button';
import { Check } from '../Check';
import { listed, withPin, withWidth, type Layout } from './layout';
import type { Column } from './Row';
import type { ViewButtonProps } from './ViewButton';

/** What a press on narrower or wider changes, in rem. */
const STEP = 1;

export function ViewPanel({ columns, view, sort, onSort, more }: ViewButtonProps) {
  const all = columns.filter(({ silent }) => !silent) as Column<unknown>[];
  const { layout, setLayout, compact, setCompact } = view;
  const hasChoice = Boolean(layout.columns ?? layout.pinned?.length ?? Object.keys(layout.widths ?? {}).length);
  return (
    <Dialog className="view-box">
      <Heading slot="title" level={2} className="hidden-text">
        View
      </Heading>
      <SortChoice columns={all} sort={sort} onSort={onSort} />
      {more}
      <Check checked={compact} onChange={setCompact}>
        Compact rows
      </Check>
      <div className="view-columns">
        <h3>Columns</h3>
        {!layout.columns && <p className="hint">Until you choose, those for which there is no room are left out.</p>}
        <Columns columns={all} layout={layout} onChange={setLayout} />
        {hasChoice && (
          <Button kind="link" onPress={() => setLayout({})}>
            As they were in the beginning
          </Button>
        )}
      </div>
    </Dialog>
  );
}

type SortChoiceProps = { columns: Column<unknown>[]; sort: string; onSort: (sort: string) => void };

/** Also for columns that are not shown. */
function SortChoice({ columns, sort, onSort }: SortChoiceProps) {
  const id = useId();
  const field = sort.replace(/^-/u, '');
  const isDown = sort.startsWith('-');
  const choose = (next: string) => {
    const column = columns.find((candidate) => candidate.sort === next);
    onSort(column?.mostFirst ? `-${next}` : next);
  };
  return (
    <div className="view-sort">
      <label htmlFor={id}>Sort by</label>
      <select id={id} className="input" value={field} onChange={(event) => choose(event.target.value)}>
        {field === '' && <option value="">Best match</option>}
        {columns.flatMap((column) =>
          column.sort ? (
            <option key={column.id} value={column.sort}>
              {column.title}
            </option>
          ) : (
            []
          ),
        )}
      </select>
      {field !== '' && (
        <IconButton
          label={isDown ? 'Descending: turn it round' : 'Ascending: turn it round'}
          onPress={() => onSort(isDown ? field : `-${field}`)}
        >
          {isDown ? <ArrowDown className="icon-s" aria-hidden /> : <ArrowUp className="icon-s" aria-hidden />}
        </IconButton>
      )}
    </div>
  );
}

type ColumnsProps = { columns: Column<unknown>[]; layout: Layout; onChange: (layout: Layout) => void };

/** Dragged into another order by mouse, finger or keyboard. */
function Columns({ columns, layout, onChange }: ColumnsProps) {
  const rows = listed(columns, layout);
  const shown = rows.filter((row) => row.shown).map(({ column }) => column.id);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const moved = rows.map(({ column }) => column.id).filter((id) => keys.has(id));
      const rest = rows.map(({ column }) => column.id).filter((id) => !keys.has(id));
      const at = rest.indexOf(String(target.key)) + (target.dropPosition === 'after' ? 1 : 0);
      const order = rest.toSpliced(at, 0, ...moved);
      onChange({ ...layout, columns: order.filter((id) => shown.includes(id)) });
    },
  });
  const show = (id: string, on: boolean) =>
    onChange({ ...layout, columns: on ? [...shown, id] : shown.filter((other) => other !== id) });
  return (
    <GridList aria-label="Columns" className="view-list" items={rows} dragAndDropHooks={dragAndDropHooks}>
      {rows.map(({ column, shown: on }) => {
        const { id, title } = column;
        const pinned = layout.pinned?.includes(id) ?? false;
        const width = layout.widths?.[id] ?? column.width;
        return (
          <GridListItem key={id} id={id} textValue={title} className="view-column">
            <AriaButton
              slot="drag"
              className="button"
              data-kind="quiet"
              data-size="s"
              data-icon
              aria-label={`Move ${title}`}
            >
              <GripVertical className="icon-s" aria-hidden />
            </AriaButton>
            <Check checked={on} onChange={(next) => show(id, next)}>
              {title}
            </Check>
            {on && (
              <span className="cell-actions">
                <IconButton
                  size="s"
                  label={`${title} narrower`}
                  onPress={() => onChange(withWidth(layout, id, width - STEP))}
                >
                  <Minus className="icon-s" aria-hidden />
                </IconButton>
                <IconButton
                  size="s"
                  label={`${title} wider`}
                  onPress={() => onChange(withWidth(layout, id, width + STEP))}
                >
                  <Plus className="icon-s" aria-hidden />
                </IconButton>
                <IconButton
                  size="s"
                  label={pinned ? `Let ${title} scroll` : `Keep ${title} in place`}
                  aria-pressed={pinned}
                  onPress={() => onChange(withPin(layout, id, !pinned))}
                >
                  {pinned ? <PinOff className="icon-s" aria-hidden /> : <Pin className="icon-s" aria-hidden />}
                </IconButton>
              </span>
            )}
          </GridListItem>
        );
      })}
    </GridList>
  );
}

import { ChevronRight, X } from 'lucide-react';
import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { Field, FieldCounts, ListCounts } from '../../api/schema';
import { isCode } from '../../api/client';
import { counted } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button, IconButton } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { countsQuery, fieldsQuery, type Narrowing } from './api';
import { FieldControls } from './FieldControls';
import { hasControls, isEmpty, readFilter, withCondition, type Condition } from './model';
import type { FilterPaneState } from './useFilterPane';
import { usePlaces, useVocabulary } from './useVocabulary';
import { ROWS, UNFOLDED, valueName, type Noun } from './words';

type FilterPaneProps = {
  noun: Noun;
  pane: FilterPaneState;
  filter: string;
  narrowing: Narrowing;
  onChange: (filter: string) => void;
};

/** Builds a filter by its fields, with how many rows have which value. */
export function FilterPane(props: FilterPaneProps) {
  const { pane, filter, onChange } = props;
  const clear = filter !== '' && (
    <Button kind="link" size="s" onPress={() => onChange('')}>
      Clear all
    </Button>
  );
  return pane.sheet ? <Sheet {...props} clear={clear} /> : <Beside {...props} clear={clear} />;
}

type FrameProps = FilterPaneProps & { clear: ReactNode };

/** What is chosen holds at once; the button at its foot only leads back to the list. */
function Sheet({ clear, ...props }: FrameProps) {
  const { noun, pane } = props;
  const total = useTotal(props);
  return (
    <ModalOverlay className="scrim filter-scrim" isOpen isDismissable onOpenChange={(open) => !open && pane.close()}>
      <Modal className="dialog filter-sheet">
        <AriaDialog className="dialog-box">
          <header className="filter-head">
            <Heading slot="title" level={2}>
              Filter
            </Heading>
            {clear}
          </header>
          <div className="filter-body">
            <Fields {...props} />
          </div>
          <footer className="filter-foot">
            <Button kind="primary" onPress={pane.close}>
              {total === undefined ? 'Show the list' : `Show ${counted(total, ROWS[noun].one, ROWS[noun].many)}`}
            </Button>
          </footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

function Beside({ clear, ...props }: FrameProps) {
  const { pane } = props;
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (pane.opened) heading.current?.focus();
  }, [pane.opened]);
  return (
    <aside className="filter-pane" aria-labelledby={id}>
      <header className="filter-head">
        <h2 id={id} ref={heading} tabIndex={-1}>
          Filter
        </h2>
        {clear}
        <IconButton label="Close the filter pane" size="s" onPress={pane.close}>
          <X className="icon-s" aria-hidden />
        </IconButton>
      </header>
      <div className="filter-body">
        <Fields {...props} />
      </div>
    </aside>
  );
}

function Fields({ noun, filter, narrowing, onChange }: FilterPaneProps) {
  const vocabulary = useVocabulary(noun);
  const places = usePlaces();
  const fields = useMemo(() => vocabulary.fields.filter(hasControls), [vocabulary]);
  const model = useMemo(() => readFilter(filter, vocabulary.fields), [filter, vocabulary]);
  const [folded, setFolded] = useState<ReadonlyMap<string, boolean>>(new Map());
  const isOpen = (field: Field) =>
    folded.get(field.name) ?? (model?.conditions.has(field.name) || fields.indexOf(field) < UNFOLDED);
  const shown = fields.filter((field) => field.countable && isOpen(field));
  const { told: counts, failed } = useCounts(noun, narrowing, filter, vocabulary.fields, shown);

  const asked = useQuery(fieldsQuery(noun));
  if (asked.error && fields.length === 0) {
    return <Failed what="The fields" error={asked.error} onRetry={() => void asked.refetch()} />;
  }
  if (fields.length === 0) return <Skeletons lines={8} />;
  if (!model) {
    return (
      <div className="filter-note">
        <Notice>The text above the list can’t be read as a filter. Change it there, or begin anew.</Notice>
        <Button onPress={() => onChange('')}>Clear the filter</Button>
      </div>
    );
  }
  const set = (field: Field, condition: Condition) =>
    onChange(withCondition(filter, vocabulary.fields, field, condition));
  return (
    <>
      {model.others.length > 0 && (
        <div className="filter-note">
          <Notice>
            {model.others.length === 1 ? 'A part' : 'Parts'} of the filter can only be changed as text:
            {model.others.map((other) => (
              <code key={other}>{other}</code>
            ))}
          </Notice>
        </div>
      )}
      {failed && (
        <div className="filter-note">
          <Notice>
            The rows could not be counted. {problemText(failed)} What is chosen here filters the list all the same.
          </Notice>
        </div>
      )}
      {fields.map((field) => {
        const condition = model.conditions.get(field.name) ?? {};
        const open = isOpen(field);
        const title = vocabulary.title(field.name);
        return (
          <details
            key={field.name}
            className="filter-section"
            open={open}
            onToggle={(event) => {
              const next = event.currentTarget.open;
              if (next !== open) setFolded((old) => new Map(old).set(field.name, next));
            }}
          >
            <summary>
              <ChevronRight className="icon-s" aria-hidden />
              <h3>{title}</h3>
              {!isEmpty(condition) && !open && <span className="quiet">set</span>}
            </summary>
            {open && (
              <FieldControls
                field={field}
                title={title}
                condition={condition}
                counts={counts.get(field.name)}
                nameOf={(value) => valueName(field, value, places)}
                onChange={(next) => set(field, next)}
              />
            )}
          </details>
        );
      })}
    </>
  );
}

/** The API counts by so many fields at once. */
const AT_ONCE = 10;

export type Told = { values: FieldCounts['values']; more: boolean; exact: boolean };

/**
 * How many rows have which value. A field that is filtered by is counted without its own condition, so that its other
 * values are told, too; all others are counted together.
 */
function useCounts(noun: Noun, narrowing: Narrowing, filter: string, fields: Field[], shown: Field[]) {
  const groups = useMemo(() => groupsOf(filter, fields, shown), [filter, fields, shown]);
  const { told: arrived, failed } = useQueries({
    queries: groups.map((group) => countsQuery(noun, narrowing, group.filter, group.by)),
    combine: toldOf,
  });
  // What was told last stays until the new numbers are here: the pane does not jump under the pointer.
  const [kept, setKept] = useState({ arrived, told: arrived });
  if (kept.arrived !== arrived) setKept({ arrived, told: new Map([...kept.told, ...arrived]) });
  return { told: kept.told, failed };
}

function groupsOf(filter: string, fields: Field[], shown: Field[]): { filter: string; by: string[] }[] {
  const model = readFilter(filter, fields);
  if (!model) return [];
  const isOwn = ({ name }: Field) => model.conditions.has(name);
  const groups = shown
    .filter(isOwn)
    .map((field) => ({ filter: withCondition(filter, fields, field, {}), by: [field.name] }));
  const rest = shown.filter((field) => !isOwn(field)).map(({ name }) => name);
  for (let at = 0; at < rest.length; at += AT_ONCE) groups.push({ filter, by: rest.slice(at, at + AT_ONCE) });
  return groups;
}

function toldOf(results: UseQueryResult<ListCounts>[]): { told: ReadonlyMap<string, Told>; failed: Error | undefined } {
  const told = new Map<string, Told>();
  for (const { data } of results) {
    for (const { field, values, has_more } of data?.fields ?? []) {
      told.set(field, { values, more: has_more, exact: data?.is_exact ?? true });
    }
  }
  // A filter that can't be understood is told above the list, once.
  const failed = results.find(({ error }) => error && !isCode(error, 'invalid_input'))?.error ?? undefined;
  return { told, failed };
}

/** How many rows the whole filter finds. */
function useTotal({ noun, filter, narrowing }: FilterPaneProps): number | undefined {
  const field = useVocabulary(noun).fields.find(({ countable }) => countable);
  const { data } = useQuery({
    ...countsQuery(noun, narrowing, filter, field ? [field.name] : []),
    enabled: field !== undefined,
  });
  return data?.is_exact ? data.total : undefined;
}

import { Suspense, type ReactNode } from 'react';
import { ApiError } from '../../api/client';
import { Blank } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { lazyPart } from '../../ui/lazily';
import type { Narrowing } from './api';
import type { FilterPaneState } from './useFilterPane';
import type { Noun } from './words';
import './filter.css';

const FilterLine = lazyPart(async () => (await import('./FilterLine')).FilterLine);
const FilterPane = lazyPart(async () => (await import('./FilterPane')).FilterPane);

type FilteredProps = {
  noun: Noun;
  pane: FilterPaneState;
  /** As it stands in the address. */
  filter: string | undefined;
  /** What narrows the list beside the filter. */
  narrowing: Narrowing;
  /** Why the list has no rows to show. */
  error: unknown;
  onChange: (filter: string | undefined) => void;
  children: ReactNode;
};

/** A list with its filter: as text above it, as a pane beside it. Neither is loaded before it is wanted. */
export function Filtered({ noun, pane, filter, narrowing, error, onChange, children }: FilteredProps) {
  const refusals = filter === undefined ? [] : refusalsOf(error);
  return (
    <div className="filtered">
      {(pane.open || filter !== undefined) && (
        <Suspense fallback={<div className="filter-line" aria-hidden />}>
          <FilterLine
            noun={noun}
            filter={filter ?? ''}
            refusals={refusals}
            shift={narrowing.filter ? 1 : 0}
            onChange={(next) => onChange(next || undefined)}
          />
        </Suspense>
      )}
      {refusals.length > 0 ? (
        <div className="list">
          <Blank title="The list waits for its filter">
            <p>What is wrong with it is told above.</p>
            <Button onPress={() => onChange(undefined)}>Clear the filter</Button>
          </Blank>
        </div>
      ) : (
        children
      )}
      {pane.open && (
        <Suspense fallback={pane.sheet ? null : <aside className="filter-pane" aria-label="Filter" aria-busy />}>
          <FilterPane
            noun={noun}
            pane={pane}
            filter={filter ?? ''}
            narrowing={narrowing}
            onChange={(next) => onChange(next || undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** What the server says about a filter that it doesn't understand. */
function refusalsOf(error: unknown): string[] {
  if (!(error instanceof ApiError)) return [];
  return (error.problem.errors ?? []).filter(({ code }) => code === 'invalid_filter').map(({ detail }) => detail);
}

type FindsNothingProps = {
  /** What it does not find: "No customer". */
  none: string;
  /** The list is narrowed by more than the filter. */
  narrowed: boolean;
  onClear: () => void;
};

/** For an empty list with a filter. */
export function FindsNothing({ none, narrowed, onClear }: FindsNothingProps) {
  return (
    <Blank title={`${none} fits the filter`}>
      <p>{narrowed ? 'It finds nothing together with the search and the place.' : 'Change it, or look without it.'}</p>
      <Button onPress={onClear}>Clear the filter</Button>
    </Blank>
  );
}

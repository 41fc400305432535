import { ListFilter } from 'lucide-react';
import type { FilterPaneState } from './useFilterPane';

type FilterButtonProps = { pane: FilterPaneState; filter: string | undefined };

/** Opens the pane, and says by a dot that the list is filtered. */
export function FilterButton({ pane: { open, attach, toggle }, filter }: FilterButtonProps) {
  return (
    <button
      ref={attach}
      type="button"
      className="button filter-button"
      data-size="s"
      aria-expanded={open}
      aria-keyshortcuts="f"
      title="Filter the list (f)"
      data-on={filter ? true : undefined}
      onClick={toggle}
    >
      <ListFilter className="icon-s" aria-hidden />
      Filter
      {filter && <span className="hidden-text">: the list is filtered</span>}
    </button>
  );
}

import { Users } from 'lucide-react';
import { intoView } from '../../ui/intoView';
import type { SavedView } from './useSavedView';
import './views.css';

type ViewTabsProps<S> = {
  saved: SavedView<S>;
  /** It shows something else than was saved. */
  modified: boolean;
};

/** The saved views of a list, as tabs behind those that it has by itself. */
export function ViewTabs<S>({ saved: { views, view: shown, open }, modified }: ViewTabsProps<S>) {
  return views.map((view) => {
    const current = view.id === shown?.id;
    return (
      <button
        key={view.id}
        type="button"
        className="tab view-tab"
        ref={current ? intoView : undefined}
        aria-current={current ? 'page' : undefined}
        title={view.filter_problem ? `${view.name}: its filter can no longer be used` : view.name}
        onClick={() => open(view)}
      >
        <span className="view-name">{view.name}</span>
        {view.origin !== 'own' && (
          <span title={view.origin === 'above' ? 'Shared from above' : 'Shared'}>
            <Users className="icon-s" aria-hidden />
            <span className="hidden-text">, {view.origin === 'above' ? 'shared from above' : 'shared'}</span>
          </span>
        )}
        {current && modified && <span className="view-modified">modified</span>}
      </button>
    );
  });
}

/** The same where a list has no tabs by itself: then the first is all of it. */
export function ViewBar<S>(props: ViewTabsProps<S>) {
  const { views, view, open } = props.saved;
  if (views.length === 0) return null;
  return (
    <nav className="tabs list-tabs" aria-label="Views">
      <button type="button" className="tab" aria-current={view ? undefined : 'page'} onClick={() => open(undefined)}>
        All
      </button>
      <ViewTabs {...props} />
    </nav>
  );
}

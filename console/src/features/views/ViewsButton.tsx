import { Bookmark } from 'lucide-react';
import { Suspense } from 'react';
import { lazyPart } from '../../ui/lazily';
import type { ViewsMenuProps } from './ViewsMenu';

const ViewsMenu = lazyPart(async () => (await import('./ViewsMenu')).ViewsMenu);

/** What can be done with how a list is shown. Its place is taken from the beginning. */
export function ViewsButton(props: ViewsMenuProps) {
  const place = (
    <span className="button" data-kind="quiet" data-icon aria-hidden>
      <Bookmark className="icon-s" />
    </span>
  );
  return (
    <Suspense fallback={place}>
      <ViewsMenu {...props} />
    </Suspense>
  );
}

import { SlidersHorizontal } from 'lucide-react';
import { Suspense, type ReactNode } from 'react';
import { Button as AriaButton, DialogTrigger, Popover } from 'react-aria-components';
import type { View } from '../../app/useView';
import { Skeletons } from '../Blank';
import { lazyPart } from '../lazily';
import type { Column } from './Row';

const ViewPanel = lazyPart(async () => (await import('./ViewPanel')).ViewPanel);

export type ViewButtonProps = {
  columns: Pick<Column<never>, 'id' | 'title' | 'sort' | 'mostFirst' | 'width' | 'optional' | 'silent'>[];
  view: View;
  sort: string;
  onSort: (sort: string) => void;
  /** What else there is to choose of this list. */
  more?: ReactNode;
};

/** Order, columns and density of a list. */
export function ViewButton(props: ViewButtonProps) {
  return (
    <DialogTrigger>
      <AriaButton className="button" data-kind="quiet" aria-label="View">
        <SlidersHorizontal className="icon-s" aria-hidden />
        <span className="view-word" aria-hidden>
          View
        </span>
      </AriaButton>
      <Popover className="popover view-popover" offset={4} placement="bottom end">
        <Suspense fallback={<Skeletons lines={6} />}>
          <ViewPanel {...props} />
        </Suspense>
      </Popover>
    </DialogTrigger>
  );
}

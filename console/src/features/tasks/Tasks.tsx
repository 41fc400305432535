import { useQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { Suspense, useState } from 'react';
import { Button as AriaButton, DialogTrigger, Popover } from 'react-aria-components';
import { count } from '../../lib/format';
import { Skeletons } from '../../ui/Blank';
import { lazyDialog, lazyPart } from '../../ui/lazily';
import { isOver, recentTasksQuery } from './api';
import { Followed } from './Followed';

const TaskList = lazyPart(async () => (await import('./TaskList')).TaskList);
const TaskDialog = lazyDialog(async () => (await import('./TaskDialog')).TaskDialog);

/** What runs in the background, in the top bar: how much it is, and under it which. */
export function Tasks() {
  const running = useQuery(recentTasksQuery()).data?.filter((task) => !isOver(task)).length ?? 0;
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState<string>();
  return (
    <>
      <DialogTrigger isOpen={open} onOpenChange={setOpen}>
        <AriaButton
          className="button tasks-button"
          data-kind="quiet"
          data-icon
          aria-label={running > 0 ? `Tasks, ${count(running)} running` : 'Tasks'}
        >
          <ListChecks className="icon" aria-hidden />
          {running > 0 && (
            <span className="tasks-count" aria-hidden>
              {running}
            </span>
          )}
        </AriaButton>
        <Popover className="popover tasks-popover" offset={4} placement="bottom end">
          <Suspense fallback={<Skeletons lines={3} />}>
            <TaskList
              onShow={(id) => {
                setOpen(false);
                setShown(id);
              }}
            />
          </Suspense>
        </Popover>
      </DialogTrigger>
      {shown !== undefined && (
        <Suspense>
          <TaskDialog id={shown} onClose={() => setShown(undefined)} />
        </Suspense>
      )}
      <Followed />
    </>
  );
}

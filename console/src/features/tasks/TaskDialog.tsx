import { useEffect, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { problemText } from '../../lib/words';
import { isOver } from './api';
import { begun } from './Followed';
import { unfollow } from './follow';
import { TaskActions, TaskProgress, TaskResults } from './TaskParts';
import { useTask } from './useTask';
import { stateText } from './words';

/** A task: how far it is, and what became of each. It goes on when this is closed, and its end is told then. */
export function TaskDialog({ id: first, onClose }: { id: string; onClose: () => void }) {
  const [id, setId] = useState(first);
  const client = useQueryClient();
  const { data: task, error } = useTask(id);
  const over = task && isOver(task);
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => unfollow(id), [id]);
  // The button that was pressed may be gone.
  useEffect(() => {
    if (over !== undefined) close.current?.focus();
  }, [over]);

  const leave = () => {
    if (task && !over) begun(client, task);
    onClose();
  };
  return (
    <Dialog title={task?.title ?? 'Task'} onClose={leave}>
      <DialogBody busy={!task}>
        {error && !task && <Notice tone="danger">{problemText(error)}</Notice>}
        {!task && !error && <Skeletons lines={3} />}
        {task && (
          <>
            <p role="status">
              {over && stateText(task)}
              {task.state === 'queued' && 'Waits for its turn.'}
              {task.state === 'running' && 'Goes on when this is closed.'}
            </p>
            {!over && (
              <>
                <TaskProgress task={task} />
                <p className="quiet number">{stateText(task)}</p>
              </>
            )}
            {over && <TaskResults key={task.id} task={task} />}
          </>
        )}
      </DialogBody>
      <DialogFoot>
        {task && <TaskActions task={task} onBegun={({ id: next }) => setId(next)} />}
        <Button kind="primary" onPress={leave} ref={close} autoFocus>
          Close
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

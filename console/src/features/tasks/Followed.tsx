import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { idempotencyKey } from '../../api/client';
import type { Task } from '../../api/schema';
import { problemText, refusalOf } from '../../lib/words';
import { toast } from '../../ui/Toasts';
import { isOver, recentTasksQuery, taskQuery, undoTask } from './api';
import { follow, unfollow, useFollowed } from './follow';
import { useTask } from './useTask';
import { endText } from './words';

/** Says how tasks end that were begun here, wherever one has gone meanwhile. */
export function Followed() {
  return useFollowed().map((id) => <Follow key={id} id={id} />);
}

function Follow({ id }: { id: string }) {
  const client = useQueryClient();
  const { data, error } = useTask(id);
  const ended = data && isOver(data) ? data : undefined;
  useEffect(() => {
    if (!ended && !error) return;
    unfollow(id);
    if (ended) tellEnd(client, ended);
  }, [client, id, ended, error]);
  return null;
}

function tellEnd(client: QueryClient, task: Task): void {
  if (refusalOf(task, 'undo')) return toast(endText(task));
  // One key for the one button: pressed again after a lost answer it takes back what it took back.
  const key = idempotencyKey();
  const undo = async () => {
    try {
      begun(client, await undoTask(task.id, key));
    } catch (error) {
      toast(problemText(error));
    }
  };
  toast(endText(task), { label: 'Undo', run: () => void undo() });
}

/** A task goes on from here on by itself. */
export function begun(client: QueryClient, task: Task): void {
  client.setQueryData(taskQuery(task.id).queryKey, task);
  follow(task.id);
  void client.invalidateQueries({ queryKey: recentTasksQuery().queryKey });
}

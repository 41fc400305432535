import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { renewNow, useFeed } from '../../app/feed/feed';
import { isOver, taskQuery } from './api';

/** Nobody tells how far it is. */
const ASK_AGAIN = 3000;

/** A task as far as it is: as the server tells it, or by asking for it while it doesn't. */
export function useTask(id: string) {
  const isTold = useFeed().kind === 'live';
  const task = useQuery({
    ...taskQuery(id),
    refetchInterval: ({ state }) => (isTold || (state.data && isOver(state.data)) ? false : ASK_AGAIN),
  });
  const over = task.data && isOver(task.data);
  const ran = useRef(false);
  useEffect(() => {
    // What it has changed is told as well, or else nobody knows.
    if (ran.current && over && !isTold) void renewNow();
    ran.current = over === false;
  }, [over, isTold]);
  return task;
}

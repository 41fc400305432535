import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import { Dialog, Heading } from 'react-aria-components';
import type { Task } from '../../api/schema';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { When } from '../../ui/When';
import { isOver, recentTasksQuery } from './api';
import { TaskActions, TaskProgress } from './TaskParts';
import { useTask } from './useTask';
import { hasTrouble, stateText } from './words';

/** What runs, and what has finished lately. */
export function TaskList({ onShow }: { onShow: (id: string) => void }) {
  const tasks = useQuery(recentTasksQuery());
  const items = tasks.data ?? [];
  return (
    <Dialog className="tasks-box">
      <Heading slot="title" level={2}>
        Tasks
      </Heading>
      {tasks.isPending && <Skeletons lines={3} />}
      {tasks.error && !tasks.data && (
        <Failed what="The tasks" error={tasks.error} onRetry={() => void tasks.refetch()} />
      )}
      {tasks.data && items.length === 0 && (
        <Blank title="No tasks yet" small>
          <p>What is done to many at once is listed here while it runs, and for a month after it.</p>
        </Blank>
      )}
      {items.length > 0 && (
        <ul className="tasks-list">
          {items.map((task) => (
            <li key={task.id}>
              {isOver(task) ? <TaskEntry task={task} onShow={onShow} /> : <RunningEntry task={task} onShow={onShow} />}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

type EntryProps = { task: Task; onShow: (id: string) => void };

/** One that runs is asked for by itself where nobody tells how far it is. */
function RunningEntry({ task, onShow }: EntryProps) {
  return <TaskEntry task={useTask(task.id).data ?? task} onShow={onShow} />;
}

function TaskEntry({ task, onShow }: EntryProps) {
  const over = isOver(task);
  return (
    <article className="task" aria-label={task.title}>
      <h3>{task.title}</h3>
      <p className="quiet task-by">
        {task.begun_by} · <When at={task.finished_at ?? task.created_at} />
      </p>
      {!over && <TaskProgress task={task} />}
      <p className="task-state number" data-tone={hasTrouble(task) ? 'warning' : undefined}>
        {hasTrouble(task) && <TriangleAlert className="icon-s" aria-hidden />}
        {stateText(task)}
      </p>
      <div className="task-actions">
        <Button size="s" onPress={() => onShow(task.id)}>
          {over ? 'Show results' : 'Show progress'}
        </Button>
        <TaskActions task={task} size="s" />
      </div>
    </article>
  );
}

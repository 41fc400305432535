import type { QueryClient } from '@tanstack/react-query';
import type { View } from '../../api/schema';
import { problemText } from '../../lib/words';
import { toast } from '../../ui/Toasts';
import { deleteView, restoreView, viewsQuery } from './api';

/** Deletes a view, and offers to bring it back as it was. */
export async function removeView(client: QueryClient, view: View): Promise<void> {
  await deleteView(view.id);
  const { queryKey } = viewsQuery(view.noun);
  client.setQueryData(queryKey, (old) => old?.filter(({ id }) => id !== view.id));
  const { name } = view;
  const restore = async () => {
    try {
      await restoreView(view.id);
      toast(`${name} is back`);
    } catch (error) {
      toast(`${name} is not back. ${problemText(error)}`);
    }
    await client.invalidateQueries({ queryKey });
  };
  toast(`${name} deleted`, { label: 'Undo', run: () => void restore() });
}

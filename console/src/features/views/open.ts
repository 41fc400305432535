import type { QueryClient } from '@tanstack/react-query';
import { redirect } from '@tanstack/react-router';
import type { View, ViewNoun } from '../../api/schema';
import type { ListSearch } from '../../app/search';
import { viewsQuery } from './api';
import { isBare } from './content';

type Opening = { context: { client: QueryClient }; search: ListSearch };

/** Before a list: its views are there, and without a wish it opens with the one that was chosen for that. */
export function opensView(noun: ViewNoun, to: '/customers' | '/devices' | '/people') {
  return async ({ context: { client }, search }: Opening): Promise<void> => {
    const views = await known(client, noun);
    const opens = isBare(search) ? views.find((view) => view.is_default) : undefined;
    if (opens) throw redirect({ to, search: { under: search.under, view: opens.id }, replace: true });
  };
}

/** A list is shown without its views rather than not at all. */
async function known(client: QueryClient, noun: ViewNoun): Promise<View[]> {
  try {
    return await client.ensureQueryData(viewsQuery(noun));
  } catch {
    return [];
  }
}

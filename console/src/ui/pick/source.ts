import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { meaningOf, ranked, type Choice, type Meaning } from './match';

/** What was found for a text, and whether there is more of it. */
export type Found = { choices: Choice[]; more: boolean };

/** Where choices come from: they are all here, or somebody has to be asked for those that fit a text. */
export type Source =
  | { choices: readonly Choice[]; search?: never }
  | { choices?: never; search: (text: string) => Search };

export type Search = {
  queryKey: readonly unknown[];
  queryFn: (context: { signal: AbortSignal; client: QueryClient }) => Promise<Found>;
  staleTime: number;
};

const NOTHING: Search = {
  queryKey: ['nothing'],
  queryFn: () => Promise.resolve({ choices: [], more: false }),
  staleTime: Number.POSITIVE_INFINITY,
};

/** The choices that fit a text, the best first, and what a text means. */
export function useSource(source: Source, text: string) {
  const client = useQueryClient();
  const wanted = text.trim();
  const { choices, search } = source;
  const asked = useQuery({
    ...(search?.(wanted) ?? NOTHING),
    enabled: search !== undefined,
    placeholderData: (old: Found | undefined) => old,
  });
  const found = useMemo(
    () => (choices ? ranked(choices, wanted) : ranked(asked.data?.choices ?? [], wanted, !asked.isPlaceholderData)),
    [choices, wanted, asked.data, asked.isPlaceholderData],
  );
  return {
    choices: found,
    more: !choices && !asked.isPlaceholderData && asked.data?.more === true,
    looking: !choices && asked.isFetching,
    /** At once where they are all here. */
    meaning: (typed: string): Meaning | Promise<Meaning> =>
      search ? look(client, search(typed.trim()), typed) : meaningOf(ranked(choices, typed), typed),
  };
}

async function look(client: QueryClient, search: Search, typed: string): Promise<Meaning> {
  const { choices, more } = await client.fetchQuery(search);
  return meaningOf(ranked(choices, typed, true), typed, more);
}

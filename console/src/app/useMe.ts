import { useSuspenseQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Me } from '../api/schema';
import { meQuery } from '../features/sessions/api';

/** Who is signed in. The frame has made sure that somebody is. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery()).data;
}

/** Whether the role allows an operation anywhere: what it never allows is not offered at all. */
export function useMay(operation: string): boolean {
  return useMe().operations.includes(operation);
}

/** The customer to which the console is narrowed: the chosen one, or the caller's own. */
export function useScope(): { id: string; chosen: boolean } {
  const me = useMe();
  const { under } = useSearch({ from: '/frame' });
  return { id: under ?? me.customer_id, chosen: under !== undefined && under !== me.customer_id };
}

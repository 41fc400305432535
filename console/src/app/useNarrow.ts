import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useMe } from './useMe';

/**
 * Narrows the console to a node of the tree. A list stays and is narrowed; the page of a customer makes way for that of the
 * chosen one; what belongs to one row only, a form or a device, makes way for the list.
 */
export function useNarrow(): (id: string) => void {
  const me = useMe();
  const go = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (id) => {
    const under = id === me.customer_id ? undefined : id;
    if (/^\/customers\/cus_[^/]+$/u.test(path)) void go({ to: '/customers/$id', params: { id }, search: { under } });
    else if (/^\/customers\/./u.test(path)) void go({ to: '/customers', search: { under } });
    else if (/^\/devices\/./u.test(path)) void go({ to: '/devices', search: { under } });
    else void go({ to: '.', search: (old) => ({ ...old, under }) });
  };
}

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { ApiError, isCode } from '../api/client';
import type { Warning } from '../api/schema';
import { freshFor } from './feed/feed';
import { Missing } from './Missing';
import { routeTree } from './routes';
import { parseSearch, writeSearch } from './search';
import { Broken } from './Unavailable';
import { askToSignIn, isUnsaved } from '../ui/unsaved';

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: endIfSignedOut }),
  mutationCache: new MutationCache({ onError: endIfSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: freshFor,
      // A refusal stays one; only a server that could not be reached is asked again.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.problem.status < 500),
    },
  },
});

export const router = createRouter({
  routeTree,
  context: { client: queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultNotFoundComponent: Missing,
  defaultErrorComponent: Broken,
  parseSearch,
  stringifySearch: writeSearch,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }

  interface HistoryState {
    /** What the page that added a customer hands to the next one. */
    warnings?: Warning[];
    /** The entry is a dialog over the page that stands in the one before. */
    over?: boolean;
  }
}

/** A session that ended while the console was open leads to the sign-in page and back again. */
function endIfSignedOut(error: Error): void {
  const { pathname, href } = router.state.location;
  if (!isCode(error, 'sign_in_required') || ['/sign-in', '/setup', '/invitation', '/stop-report'].includes(pathname))
    return;
  // What was typed stays: signing in again is asked for over it.
  if (isUnsaved()) return askToSignIn(true);
  queryClient.clear();
  void router.navigate({ to: '/sign-in', search: { to: href } });
}

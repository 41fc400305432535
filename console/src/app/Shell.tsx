import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useParams } from '@tanstack/react-router';
import { Suspense, useCallback, useEffect, useState } from 'react';
import { EnrolBar } from '../features/factors/EnrolBar';
import { problemText } from '../lib/words';
import { lazyDialog, lazyPart } from '../ui/lazily';
import { toast, Toasts } from '../ui/Toasts';
import { askToSignIn, useAskedToSignIn } from '../ui/unsaved';
import type { Said } from './Act';
import { FeedBar } from './feed/FeedBar';
import { follow, unfollow } from './feed/feed';
import { useEarlyKeys, useShortcuts } from './keys';
import { Navigation } from './Navigation';
import { isOwn } from './pages';
import { remember } from './recent';
import { TopBar } from './TopBar';
import { useMe, useScope } from './useMe';

const loadFields = async () => ({
  ...(await import('./Palette')),
  ...(await import('./Switcher')),
});
type Fields = Awaited<ReturnType<typeof loadFields>>;

const Act = lazyDialog(async () => (await import('./Act')).Act);
const KeysDialog = lazyDialog(async () => (await import('./KeysDialog')).KeysDialog);

const SignInAgain = lazyPart(async () => (await import('../features/sessions/SignInAgain')).SignInAgain);

/** What lies over the page, opened from anywhere. */
type Front = 'palette' | 'switcher' | 'keys' | Said;

/** The frame around every page: top bar, navigation with the customer tree, and the page itself. */
export function Shell() {
  const me = useMe();
  const [front, setFront] = useState<Front>();
  const [drawer, setDrawer] = useState(false);
  const closeDrawer = useCallback(() => setDrawer(false), []);
  // Kept here rather than suspended on: what suspends is held back for a while even where it has been fetched.
  const [fields, setFields] = useState<Fields>();
  const close = useCallback(() => setFront(undefined), []);
  const early = useEarlyKeys(close);
  const open = useCallback(
    (field: 'palette' | 'switcher') => {
      if (front === field) return;
      early.begin();
      setFront(field);
      loadFields().then(setFields, (error: unknown) => {
        early.take();
        setFront(undefined);
        toast(problemText(error));
      });
    },
    [front, early],
  );
  const openPalette = useCallback(() => open('palette'), [open]);
  const openSwitcher = useCallback(() => open('switcher'), [open]);
  const openKeys = useCallback(() => setFront('keys'), []);
  // Whoever has nobody below has nobody to switch to.
  const switcher = isOwn(me) ? undefined : openSwitcher;
  useShortcuts({ palette: openPalette, switcher, keys: openKeys });
  const followAnew = useFollowing();
  const signIn = useAskedToSignIn();
  useRemembering();

  // Fetched once the page has what it needs, so that the field mostly is there at once.
  useEffect(() => {
    const timer = setTimeout(() => {
      loadFields().then(setFields, () => undefined);
    }, 1500);
    return () => clearTimeout(timer);
  }, []);

  return (
    <div className="frame" data-drawer={drawer || undefined}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <TopBar drawer={drawer} onDrawer={setDrawer} onPalette={openPalette} onSwitcher={switcher} onKeys={openKeys} />
      <Navigation open={drawer} onClose={closeDrawer} />
      <main id="main" tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <div className="frame-note">
        <FeedBar />
        <EnrolBar />
      </div>
      {front === 'palette' && fields && (
        <fields.Palette
          takeEarly={early.take}
          onSay={setFront}
          onSwitch={openSwitcher}
          onKeys={openKeys}
          onClose={close}
        />
      )}
      {front === 'switcher' && fields && <fields.Switcher takeEarly={early.take} onClose={close} />}
      {front === 'keys' && (
        <Suspense>
          <KeysDialog onClose={close} />
        </Suspense>
      )}
      {signIn && (
        <Suspense>
          <SignInAgain onSignedIn={followAnew} />
        </Suspense>
      )}
      {typeof front === 'object' && (
        <Suspense>
          <Act said={front} onClose={close} />
        </Suspense>
      )}
      <Toasts />
    </div>
  );
}

/** Where one was lately, for the switcher: nodes to which the console was narrowed, and customers that were looked at. */
function useRemembering(): void {
  const me = useMe();
  const scope = useScope();
  const { id } = useParams({ strict: false });
  const at = id?.startsWith('cus_') ? id : scope.id;
  useEffect(() => {
    if (at !== me.customer_id) remember(me.id, at);
  }, [me, at]);
}

/** The route has begun it already; whoever signs out ends it. What it gives back begins anew, for another session. */
function useFollowing(): () => void {
  const client = useQueryClient();
  useEffect(() => {
    follow(client);
    // Whoever came here has just signed in.
    askToSignIn(false);
    return unfollow;
  }, [client]);
  return () => {
    unfollow();
    follow(client);
  };
}

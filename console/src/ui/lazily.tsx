import { lazy, useEffect, useState, type ComponentType, type LazyExoticComponent } from 'react';
import { Unloaded } from '../api/client';
import { problemText } from '../lib/words';
import { Failed } from './Blank';
import { toast } from './Toasts';

/** A part of a page in a script of its own. If that can't be loaded, the part says so and the page stays. */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  return lazily(load, PartFailed);
}

/** The same for a dialog: a short message, and it is closed. */
export function lazyDialog<Props extends { onClose: () => void }>(load: () => Promise<ComponentType<Props>>) {
  return lazily(load, DialogFailed);
}

/** What a part needs from a script of its own and can do without until it is there: a menu doesn't wait for some items. */
export function useLoaded<Loaded>(load: () => Promise<Loaded>, wanted: boolean): Loaded | undefined {
  const [loaded, setLoaded] = useState<Loaded>();
  const asks = wanted && loaded === undefined;
  useEffect(() => {
    // What can't be loaded now is asked for with the next wish.
    if (asks)
      load().then(
        (arrived) => setLoaded(() => arrived),
        () => undefined,
      );
  }, [asks, load]);
  return loaded;
}

function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  instead: ComponentType<Props>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch {
      return { default: instead };
    }
  });
}

const FAILURE = new Unloaded(undefined);

function PartFailed() {
  return <Failed what="This part" error={FAILURE} />;
}

function DialogFailed({ onClose }: { onClose: () => void }) {
  useEffect(() => {
    toast(problemText(FAILURE));
    onClose();
  }, [onClose]);
  return null;
}

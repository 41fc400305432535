import { lazy, useEffect, type ComponentType, type LazyExoticComponent } from 'react';
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

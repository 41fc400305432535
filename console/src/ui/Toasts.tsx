import { useEffect, useState, type ComponentType } from 'react';

/** What can be done about what was done: to take it back, or what mostly follows. */
export type ToastAction = { label: string; run: () => void };

export type Told = { sentence: string; actions: ToastAction[] };

/** What is said before there is a place for it. */
const waiting: Told[] = [];
let deliver: ((told: Told) => void) | undefined;
let look: () => void = () => undefined;

/** Says in one sentence what was done. What needs a decision belongs into a dialog. */
export function toast(sentence: string, ...offered: (ToastAction | undefined)[]): void {
  const told = { sentence, actions: offered.filter((action) => action !== undefined) };
  if (deliver) return deliver(told);
  waiting.push(told);
  look();
}

/** For the place where it stands, which has a script of its own. */
export function deliverTo(place: (told: Told) => void): void {
  deliver = place;
  for (const told of waiting.splice(0)) place(told);
}

/** A page has what it needs by then: so the place is there, too, where later the server is away. */
const LATER = 1500;

export function Toasts() {
  const [Region, setRegion] = useState<ComponentType>();
  useEffect(() => {
    const load = () => {
      import('./ToastRegion').then(
        (loaded) => setRegion(() => loaded.ToastRegion),
        // The next one that is said tries again.
        () => undefined,
      );
    };
    look = load;
    const timer = setTimeout(load, waiting.length > 0 ? 0 : LATER);
    return () => clearTimeout(timer);
  }, []);
  return Region && <Region />;
}

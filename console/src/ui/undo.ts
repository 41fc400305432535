import { problemText } from '../lib/words';
import { toast, type ToastAction } from './Toasts';

type Undoing = {
  /** What it was done to. */
  name: string;
  /** Makes it what it was, unless somebody has changed it since. */
  restore: () => Promise<unknown>;
  /** The sentence that tells of it then. */
  said: string;
  /** Fetches anew what shows it. */
  renew: () => unknown;
};

/** How the toast that tells what was done takes it back. */
export function undo({ name, restore, said, renew }: Undoing): ToastAction {
  const run = async () => {
    try {
      await restore();
      toast(said);
    } catch (error) {
      toast(`${name} stays as it is. ${problemText(error)}`);
    }
    await renew();
  };
  return { label: 'Undo', run: () => void run() };
}

/** The same of an edit that was saved: `restore` sends what was there before. */
export function undoSave(
  { name }: { name: string },
  restore: () => Promise<unknown>,
  renew: () => unknown,
): ToastAction {
  return undo({ name, restore, said: `${name} is as it was`, renew });
}

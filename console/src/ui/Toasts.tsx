import { X } from 'lucide-react';
import {
  Button,
  Text,
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components';

/** What can be done about what was done: to take it back, or what mostly follows. */
export type ToastAction = { label: string; run: () => void };

const queue = new ToastQueue<{ sentence: string; actions: ToastAction[] }>({ maxVisibleToasts: 3 });

/** Long enough to be read, */
const READ = 6000;
/** and to decide; it does not run out while it has the focus or the pointer. */
const DECIDE = 12_000;

/** Says in one sentence what was done. What needs a decision belongs into a dialog. */
export function toast(sentence: string, ...offered: (ToastAction | undefined)[]): void {
  const actions = offered.filter((action) => action !== undefined);
  queue.add({ sentence, actions }, { timeout: actions.length > 0 ? DECIDE : READ });
}

export function Toasts() {
  return (
    <ToastRegion queue={queue} className="toasts">
      {({ toast: shown }) => (
        <AriaToast toast={shown} className="toast">
          <ToastContent>
            <Text slot="title">{shown.content.sentence}</Text>
          </ToastContent>
          {shown.content.actions.map((action) => (
            <Button
              key={action.label}
              className="button"
              data-kind="quiet"
              data-size="s"
              onPress={() => {
                queue.close(shown.key);
                action.run();
              }}
            >
              {action.label}
            </Button>
          ))}
          <Button slot="close" className="button" data-kind="quiet" data-size="s" aria-label="Dismiss">
            <X className="icon-s" aria-hidden />
          </Button>
        </AriaToast>
      )}
    </ToastRegion>
  );
}

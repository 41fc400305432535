import { X } from 'lucide-react';
import {
  Button,
  Text,
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as Region,
} from 'react-aria-components';
import { deliverTo, type Told } from './Toasts';

const queue = new ToastQueue<Told>({ maxVisibleToasts: 3 });

/** Long enough to be read, */
const READ = 6000;
/** and to decide; it does not run out while it has the focus or the pointer. */
const DECIDE = 12_000;

deliverTo((told) => queue.add(told, { timeout: told.actions.length > 0 ? DECIDE : READ }));

export function ToastRegion() {
  return (
    <Region queue={queue} className="toasts">
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
    </Region>
  );
}

import { X } from 'lucide-react';
import {
  Button,
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components';

const queue = new ToastQueue<string>({ maxVisibleToasts: 3 });

/** Says in one sentence what was done. What needs a decision belongs into a dialog. */
export function toast(sentence: string): void {
  queue.add(sentence, { timeout: 6000 });
}

export function Toasts() {
  return (
    <ToastRegion queue={queue} className="toasts">
      {({ toast: shown }) => (
        <AriaToast toast={shown} className="toast">
          <ToastContent>
            <span slot="title">{shown.content}</span>
          </ToastContent>
          <Button slot="close" className="button" data-kind="quiet" data-size="s" aria-label="Dismiss">
            <X className="icon-s" aria-hidden />
          </Button>
        </AriaToast>
      )}
    </ToastRegion>
  );
}

import { useBlocker } from '@tanstack/react-router';
import { Button } from './Button';
import { Dialog, DialogBody, DialogFoot } from './Dialog';
import { useUnsaved } from './unsaved';

/** Asks before unsaved changes are left behind. */
export function LeaveGuard({ when, what }: { when: boolean; what: string }) {
  useUnsaved(when);
  const blocker = useBlocker({ shouldBlockFn: () => when, enableBeforeUnload: when, withResolver: true });
  if (blocker.status !== 'blocked') return null;
  return (
    <Dialog title="Leave without saving?" onClose={blocker.reset} firm>
      <DialogBody>
        <p>What you typed for {what} is lost.</p>
      </DialogBody>
      <DialogFoot>
        <Button onPress={blocker.reset} autoFocus>
          Stay
        </Button>
        <Button kind="danger" onPress={blocker.proceed}>
          Leave
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

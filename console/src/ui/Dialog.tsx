import { useBlocker } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { afterRestoring, keepFocus } from './focus';
import { Button } from './Button';
import type { Form } from './form';
import { useUnsaved } from './unsaved';

type DialogProps = {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** For what cannot be undone: a press beside it does not close it. */
  firm?: boolean;
  /** The form in it. What was typed is not lost by a slip: it asks. */
  form?: Form;
  /** Something is being done whose outcome belongs here. */
  busy?: boolean;
  /** It shows much. */
  wide?: boolean;
  /** It shows something that is not shown again, called this. */
  secret?: string;
};

/**
 * Keeps the focus inside while it is open and gives it back afterwards. Its buttons close it as they say; Escape, a
 * press beside it and the way back ask first where something would be lost, and do nothing while something is being
 * sent. Children: `DialogBody`, then `DialogFoot`.
 */
export function Dialog({
  title,
  onClose,
  children,
  firm = false,
  form,
  busy = false,
  wide = false,
  secret,
}: DialogProps) {
  const [asked, setAsked] = useState(false);
  const holds = secret !== undefined || form?.changed === true;
  useUnsaved(holds);
  const blocker = useBlocker({
    shouldBlockFn: () => holds,
    enableBeforeUnload: holds,
    withResolver: true,
    disabled: !holds,
  });
  const asking = asked || blocker.status === 'blocked';
  const giveBack = useFormerFocus(asking);
  useEffect(() => keepFocus, []);

  const leave = () => {
    if (busy || form?.busy) return;
    if (holds) setAsked(true);
    else onClose();
  };
  const stay = () => {
    setAsked(false);
    blocker.reset?.();
    giveBack();
  };
  const lose = () => {
    setAsked(false);
    if (blocker.proceed) blocker.proceed();
    else onClose();
  };
  return (
    <Frame title={title} onLeave={leave} firm={firm || secret !== undefined} wide={wide || secret !== undefined}>
      {children}
      {asking && <Ask secret={secret} onStay={stay} onLose={lose} />}
    </Frame>
  );
}

/** What in the dialog had the focus before it was asked. A press beside it has taken that away already. */
function useFormerFocus(asking: boolean): () => void {
  const former = useRef<Element>(null);
  useEffect(() => {
    if (asking) return undefined;
    const note = () => {
      const active = document.activeElement;
      if (active?.closest('.dialog-body, .dialog-foot')) former.current = active;
    };
    note();
    addEventListener('focusin', note);
    return () => removeEventListener('focusin', note);
  }, [asking]);
  return () => afterRestoring(() => former.current instanceof HTMLElement && former.current.focus());
}

type FrameProps = { title: ReactNode; onLeave: () => void; firm: boolean; wide?: boolean; children: ReactNode };

function Frame({ title, onLeave, firm, wide = false, children }: FrameProps) {
  return (
    <ModalOverlay
      className="scrim"
      isOpen
      isDismissable={!firm}
      onOpenChange={(open) => {
        if (!open) onLeave();
      }}
    >
      <Modal className="dialog" data-wide={wide || undefined}>
        <AriaDialog className="dialog-box" role={firm ? 'alertdialog' : 'dialog'}>
          <header className="dialog-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

type AskProps = { secret: string | undefined; onStay: () => void; onLose: () => void };

function Ask({ secret, onStay, onLose }: AskProps) {
  return (
    <Frame title={secret ? `Close without the ${secret}?` : 'Discard what you typed?'} onLeave={onStay} firm>
      <DialogBody>
        <p>
          {secret
            ? 'It is not shown again. If it was not copied, a new one has to be made.'
            : 'Nothing of it has been saved.'}
        </p>
      </DialogBody>
      <DialogFoot>
        <Button onPress={onStay} autoFocus>
          {secret ? 'Stay' : 'Keep editing'}
        </Button>
        <Button kind="danger" onPress={onLose}>
          {secret ? 'Close' : 'Discard'}
        </Button>
      </DialogFoot>
    </Frame>
  );
}

export function DialogBody({ busy = false, children }: { busy?: boolean; children: ReactNode }) {
  return (
    <div className="dialog-body" aria-busy={busy}>
      {children}
    </div>
  );
}

export function DialogFoot({ children }: { children: ReactNode }) {
  return <footer className="dialog-foot">{children}</footer>;
}

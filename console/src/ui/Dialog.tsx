import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

type DialogProps = {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** For what cannot be undone or must not be lost: a press beside it does not close it. */
  firm?: boolean;
  wide?: boolean;
};

/** Keeps the focus inside while it is open and gives it back afterwards. Children: `DialogBody`, then `DialogFoot`. */
export function Dialog({ title, onClose, children, firm = false, wide = false }: DialogProps) {
  return (
    <ModalOverlay
      className="scrim"
      isOpen
      isDismissable={!firm}
      onOpenChange={(open) => {
        if (!open) onClose();
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

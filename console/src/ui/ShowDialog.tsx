import type { ReactNode } from 'react';
import { problemText } from '../lib/words';
import { Skeletons } from './Blank';
import { Button } from './Button';
import { Dialog, DialogBody, DialogFoot } from './Dialog';
import { Notice } from './Notice';

type Shown<Data> = { data: Data | undefined; error: unknown; isPending: boolean; isFetching: boolean };

type ShowDialogProps<Data> = {
  title: ReactNode;
  /** What is asked for when it opens. */
  of: Shown<Data>;
  onClose: () => void;
  children: (data: Data) => ReactNode;
};

/** Shows something that is fetched; there is nothing to do but look, and close it. */
export function ShowDialog<Data>({ title, of, onClose, children }: ShowDialogProps<Data>) {
  return (
    <Dialog title={title} onClose={onClose} wide>
      <DialogBody busy={of.isFetching}>
        {of.isPending && <Skeletons lines={8} />}
        {Boolean(of.error) && <Notice tone="danger">{problemText(of.error)}</Notice>}
        {of.data !== undefined && children(of.data)}
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Close
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

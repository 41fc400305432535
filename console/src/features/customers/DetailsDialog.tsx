import { useQuery, useQueryClient } from '@tanstack/react-query';
import { problemText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { accountDetailsQuery, sendAccountDetails } from './api';

/** What a customer has to know to begin, seen before it goes to its address. */
export function DetailsDialog({ customer, onClose }: { customer: string; onClose: () => void }) {
  const client = useQueryClient();
  const details = useQuery(accountDetailsQuery(customer));
  const form = useForm({
    initial: {},
    send: async (_, { key }) => {
      const { to } = await sendAccountDetails(customer, key);
      onClose();
      toast(`Account details are on their way to ${to}`);
      await client.invalidateQueries({ queryKey: ['mails'] });
    },
  });
  const { to, subject, text, has_link } = details.data ?? {};
  return (
    <Dialog title="Send account details" onClose={onClose} form={form} wide>
      <FormView form={form} label="Send account details" className="dialog-form">
        <DialogBody busy={details.isFetching}>
          <FormSummary />
          {details.isPending && <Skeletons lines={6} />}
          {details.error && <Notice tone="danger">{problemText(details.error)}</Notice>}
          {details.data && (
            <>
              {to ? (
                <p>
                  <span className="quiet">To</span> {to}
                </p>
              ) : (
                <Notice tone="warning">The customer has no email address. Add one to send it.</Notice>
              )}
              <p>
                <span className="quiet">Subject</span> {subject}
              </p>
              <pre className="secret-text">
                <code>{text}</code>
              </pre>
              {has_link && <p className="hint">Links that were made before for its password end when this is sent.</p>}
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Not now</Button>
          <Button kind="primary" type="submit" isPending={form.busy} isDisabled={!to}>
            Send
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

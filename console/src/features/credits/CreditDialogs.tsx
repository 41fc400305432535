import { useQueryClient } from '@tanstack/react-query';
import type { CreditAccount, CreditEntry, Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { count } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { addCredits, counterCredits } from './api';
import { entryText, signed, unitsOf } from './words';

type AddProps = { customer: Customer; account: CreditAccount; onClose: () => void };

/** More units, or fewer. */
export function AddCreditsDialog({ customer, account, onClose }: AddProps) {
  const client = useQueryClient();
  const { product_id, product_name, balance, above } = account;
  const form = useForm({
    initial: { units: '', note: '' },
    check: ({ units }): Problems =>
      unitsOf(units) === undefined ? { units: 'Write a whole number of units; with a minus they go back.' } : {},
    send: async ({ units: typed, note = '' }, { key }) => {
      const units = unitsOf(typed) ?? 0;
      const entry = await addCredits(
        customer.id,
        { product_id, units, ...(note.trim() && { note: note.trim() }) },
        key,
      );
      onClose();
      toast(`${customerName(customer)} has ${count(entry.balance)} of ${product_name} left`);
      await client.invalidateQueries({ queryKey: ['credits'] });
      await happened(client, 'customer.credits_added', customer);
    },
  });
  const from = above ? `From the account of ${above.company_name}, which has ${count(above.balance)} left.` : 'Bought.';
  return (
    <Dialog title={`Add units of ${product_name}`} onClose={onClose} form={form}>
      <FormView form={form} label="Add units" className="dialog-form">
        <DialogBody>
          <FormSummary />
          {typeof balance !== 'number' && (
            <p>With these it has an account of its own: its machines take theirs of it, and no longer of one above.</p>
          )}
          <TextField name="units" label="Units" hint={`${from} With a minus they go back.`} autoFocus />
          <TextField name="note" label="Note" optional hint="Such as the number of an order." maxLength={255} />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Add
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

type CounterProps = { customer: Customer; entry: CreditEntry; onClose: () => void };

/** An entry is never changed; another one takes it back. */
export function CounterDialog({ customer, entry, onClose }: CounterProps) {
  const client = useQueryClient();
  const form = useForm({
    initial: { note: '' },
    check: ({ note = '' }): Problems => (note.trim() ? {} : { note: 'Say why: it stays in the ledger.' }),
    send: async ({ note = '' }, { key }) => {
      await counterCredits(customer.id, entry.id, note.trim(), key);
      onClose();
      toast(`Taken back by an entry of ${signed(-entry.units)}`);
      await client.invalidateQueries({ queryKey: ['credits'] });
      await happened(client, 'customer.credits_countered', customer);
    },
  });
  return (
    <Dialog title="Take an entry back" onClose={onClose} form={form}>
      <FormView form={form} label="Take back" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>
            “{entryText(entry)}, {signed(entry.units)}” stays, and another entry of {signed(-entry.units)} is added
            {entry.kind === 'received' || entry.kind === 'handed_on' ? ', in both accounts' : ''}.
          </p>
          <TextField name="note" label="Why" maxLength={255} autoFocus />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Take back
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

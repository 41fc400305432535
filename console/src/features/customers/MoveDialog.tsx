import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName, LEVEL, problemText, totalsText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextArea } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { PickField } from '../../ui/pick/PickField';
import { toast } from '../../ui/Toasts';
import { customerQuery, LEVELS_BELOW, moveCustomer } from './api';
import { parentSearch } from './parents';
import { undoMove } from './undo';

/** Moves a customer to another parent. Everything that is in the way is said before it is tried. */
export function MoveDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const name = customerName(customer);
  const levels = (Object.keys(LEVELS_BELOW) as Customer['level'][]).filter((level) =>
    LEVELS_BELOW[level].includes(customer.level),
  );
  const nouns = levels.map((level) => LEVEL[level].toLowerCase());
  const form = useForm({
    initial: { parent_id: '', reason: '' },
    check: ({ parent_id }): Problems => (parent_id ? {} : { parent_id: 'Choose where it shall stand.' }),
    send: async ({ parent_id = '', reason }) => {
      const moved = await moveCustomer(customer.id, { parent_id, reason: reason?.trim() || null });
      onClose();
      client.setQueryData(customerQuery(customer.id).queryKey, moved);
      if (moved.changes) {
        toast(`${name} moved to ${moved.parent_name ?? 'its new place'}`, undoMove(client, customer, moved));
      } else toast(`${name} stands there already`);
      await happened(client, 'customer.moved', customer, moved);
    },
  });
  const parent = form.values['parent_id'] ?? '';
  const preview = useQuery({
    queryKey: ['preview', 'move', customer.id, parent],
    queryFn: () => moveCustomer(customer.id, { parent_id: parent }, { dry_run: true }),
    enabled: parent !== '',
    gcTime: 0,
  });
  const blockers = preview.data?.blockers ?? [];
  const below = totalsText(customer);
  return (
    <Dialog title={`Move ${name}?`} onClose={onClose} form={form}>
      <FormView form={form} label={`Move ${name}`} className="dialog-form">
        <DialogBody busy={preview.isFetching}>
          <FormSummary />
          <PickField
            name="parent_id"
            label="To"
            noun={nouns.join(' or ')}
            hint={`It stands under ${customer.parent_name ?? 'the provider'} now.`}
            source={{ search: (q) => parentSearch(q, levels) }}
            autoFocus
          />
          {preview.isLoading && <Skeletons lines={2} />}
          {preview.error && <Notice tone="danger">{problemText(preview.error)}</Notice>}
          {blockers.map((blocker) => (
            <Notice key={blocker.code + blocker.detail} tone="warning">
              {blocker.detail}
            </Notice>
          ))}
          {preview.data && !preview.data.changes && <Notice>It stands there already.</Notice>}
          {blockers.length === 0 && (
            <p className="hint">
              {below ? `${below} go along. ` : ''}Backups go on meanwhile. Whoever looked after it until now keeps what
              happened until now, and sees nothing of it any more.
            </p>
          )}
          <TextArea
            name="reason"
            label="Reason"
            hint="For the records of those who look after it from above."
            optional
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            isPending={form.busy}
            refusal={blockers.length > 0 ? blockers.map(({ detail }) => detail).join(' ') : undefined}
          >
            Move {name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName, problemText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { activateCustomer, suspendCustomer } from './api';
import { ConsequenceList } from './ConsequenceList';
import { undoSwitch } from './undo';
import { checkSuspension, modeOf, SuspendFields, suspensionOf } from './SuspendFields';

type SwitchDialogProps = { customer: Customer; onClose: () => void };

/** Suspends a customer, or changes the suspension that it has. */
export function SuspendDialog({ customer, onClose }: SwitchDialogProps) {
  const client = useQueryClient();
  const name = customerName(customer);
  const { suspension } = customer;
  const verb = suspension ? 'Change the suspension' : 'Suspend';
  const form = useForm({
    initial: {
      reason: suspension?.reason ?? '',
      mode: suspension?.mode ?? 'stop_backups',
      public_message: suspension?.public_message ?? '',
    },
    check: checkSuspension,
    send: async (values) => {
      const after = await suspendCustomer(customer.id, suspensionOf(values));
      onClose();
      toast(
        suspension ? `Suspension of ${name} changed` : `${name} suspended`,
        after.changes ? undoSwitch(client, customer, after.version) : undefined,
      );
      await happened(client, 'customer.suspended', customer);
    },
  });
  const mode = modeOf(form.values);
  const preview = useQuery({
    queryKey: ['preview', 'suspend', customer.id, mode],
    queryFn: () => suspendCustomer(customer.id, { reason: 'Preview', mode }, { dry_run: true }),
    gcTime: 0,
    placeholderData: (old) => old,
  });
  return (
    <Dialog title={suspension ? `Change the suspension of ${name}?` : `Suspend ${name}?`} onClose={onClose} form={form}>
      <FormView form={form} label={verb} className="dialog-form">
        <DialogBody busy={preview.isFetching}>
          <FormSummary />
          {preview.isPending && <Skeletons lines={2} />}
          {preview.error && <Notice tone="danger">{problemText(preview.error)}</Notice>}
          {preview.data && <ConsequenceList action="suspend" consequences={preview.data.consequences} />}
          <SuspendFields />
          <p className="hint">Nothing is deleted. Activating restores exactly what was.</p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {suspension ? verb : `Suspend ${name}`}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** Lifts a customer's own suspension. */
export function ActivateDialog({ customer, onClose }: SwitchDialogProps) {
  const client = useQueryClient();
  const name = customerName(customer);
  const form = useForm({
    initial: {},
    send: async () => {
      const after = await activateCustomer(customer.id);
      onClose();
      const cause = after.effective_state.cause_name;
      const held = after.effective_state.state === 'suspended';
      toast(
        held ? `${name} activated; ${cause ?? 'a customer above'} is still suspended` : `${name} activated`,
        after.changes ? undoSwitch(client, customer, after.version) : undefined,
      );
      await happened(client, 'customer.activated', customer);
    },
  });
  const preview = useQuery({
    queryKey: ['preview', 'activate', customer.id],
    queryFn: () => activateCustomer(customer.id, { dry_run: true }),
    gcTime: 0,
  });
  return (
    <Dialog title={`Activate ${name}?`} onClose={onClose} form={form}>
      <FormView form={form} label="Activate" className="dialog-form">
        <DialogBody busy={preview.isFetching}>
          <FormSummary />
          {preview.isPending && <Skeletons lines={2} />}
          {preview.error && <Notice tone="danger">{problemText(preview.error)}</Notice>}
          {preview.data && <ConsequenceList action="activate" consequences={preview.data.consequences} />}
          {customer.suspension?.reason && (
            <Notice>
              <p>It was suspended for this reason:</p>
              <p className="strong">{customer.suspension.reason}</p>
            </Notice>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy} autoFocus>
            Activate {name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

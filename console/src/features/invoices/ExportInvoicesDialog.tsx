import { useEffect, useRef, useState } from 'react';
import type { Customer } from '../../api/schema';
import { download } from '../../lib/download';
import { count, counted } from '../../lib/format';
import { customerName, problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { ChoiceField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { fetchRows, type Format } from '../export/download';
import { checkDays, exportOf, lastMonth } from './words';

type ExportInvoicesDialogProps = { customer: Customer; onClose: () => void };

/** Takes what was issued in a period away as a file, for accounting. Closing the dialog stops it. */
export function ExportInvoicesDialog({ customer, onClose }: ExportInvoicesDialogProps) {
  const [period] = useState(() => lastMonth(new Date()));
  const [rows, setRows] = useState(0);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  // Whoever has nobody below issues nothing.
  const mayIssue = customer.level !== 'end_customer' && customer.level !== 'site';
  const form = useForm({
    initial: { ...period, which: mayIssue ? 'issuer_id' : 'customer_id', format: 'csv' },
    check: checkDays,
    send: async ({ from = '', to = '', which, format: chosen }) => {
      const format: Format = chosen === 'jsonl' ? 'jsonl' : 'csv';
      const url = exportOf(customer.id, which === 'issuer_id' ? 'issuer_id' : 'customer_id', { from, to }, format);
      const { signal } = (stop.current = new AbortController());
      let arrived = 0;
      const onRows = (now: number) => {
        arrived = now;
        setRows(now);
      };
      const file = await fetchRows({ url, init: {} }, 'invoices', format, onRows, signal);
      if (arrived > 0) download(file.name, file);
      onClose();
      toast(
        arrived > 0
          ? `${counted(arrived, 'invoice or credit note', 'invoices and credit notes')} exported to ${file.name}`
          : 'Nothing was issued in that time; there is no file.',
      );
    },
    explain: (error) => (stop.current?.signal.aborted ? undefined : problemText(error)),
  });
  const name = customerName(customer);
  return (
    <Dialog title="Export invoices" onClose={onClose}>
      <FormView form={form} label="Export invoices" className="dialog-form">
        <DialogBody>
          <FormSummary />
          {form.busy ? (
            <p className="number" role="status">
              {count(rows)} rows
            </p>
          ) : (
            <>
              <TextField name="from" label="Issued from" type="date" hint="In UTC. Drafts are not among them." />
              <TextField name="to" label="Issued until" type="date" hint="Itself included." />
              {mayIssue && (
                <ChoiceField
                  name="which"
                  label="Which"
                  options={[
                    { value: 'issuer_id', label: `Those that ${name} issued` },
                    { value: 'customer_id', label: `Those for ${name}` },
                  ]}
                />
              )}
              <ChoiceField
                name="format"
                label="Form"
                options={[
                  {
                    value: 'csv',
                    label: 'CSV',
                    hint: 'For spreadsheets. Texts that would be formulas begin with an apostrophe.',
                  },
                  { value: 'jsonl', label: 'JSON lines', hint: 'For programs: an object in each line.' },
                ]}
              />
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Export
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

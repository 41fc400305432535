import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReportKind } from '../../api/schema';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextArea } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { ShowDialog } from '../../ui/ShowDialog';
import { toast } from '../../ui/Toasts';
import { parseAddresses } from '../settings/reports';
import { pageOf, reportQuery, reportsQuery, sendReport } from './api';
import { REPORT } from './words';
import './reports.css';

type ReportDialogProps = { customer: string; kind: ReportKind; onClose: () => void };

/** The page that its recipients see, as it would be now. */
export function PreviewDialog({ customer, kind, onClose }: ReportDialogProps) {
  const report = useQuery(reportQuery(customer, kind));
  return (
    <ShowDialog title={REPORT[kind]} of={report} onClose={onClose}>
      {(shown) => (
        <>
          {shown.is_empty && <Notice>There is nothing to tell now: it would not be sent by itself.</Notice>}
          <p>
            <span className="quiet">Subject</span> {shown.subject}
          </p>
          <iframe className="report-page" title={`Page of ${REPORT[kind]}`} src={pageOf(customer, kind)} sandbox="" />
          <details>
            <summary>As plain text</summary>
            <pre className="secret-text">
              <code>{shown.text}</code>
            </pre>
          </details>
        </>
      )}
    </ShowDialog>
  );
}

/** Sends it at once, to those who get it anyway or to others. */
export function SendDialog({ customer, kind, onClose }: ReportDialogProps) {
  const usual = useQuery(reportsQuery(customer)).data?.items.find((report) => report.kind === kind)?.recipients;
  if (!usual) return null;
  return <Send customer={customer} kind={kind} usual={usual} onClose={onClose} />;
}

function Send({ customer, kind, usual, onClose }: ReportDialogProps & { usual: string[] }) {
  const client = useQueryClient();
  const form = useForm({
    initial: { to: usual.join('\n') },
    check: ({ to = '' }): Problems => (parseAddresses(to).length > 0 ? {} : { to: 'At least one address.' }),
    send: async ({ to = '' }, { key }) => {
      const { sent_to } = await sendReport(customer, kind, parseAddresses(to), key);
      onClose();
      toast(`${REPORT[kind]} is on its way to ${sent_to.join(', ')}`);
      await client.invalidateQueries({ queryKey: ['mails'] });
    },
  });
  const title = `Send ${REPORT[kind]} now`;
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>It tells what is so now. The next one comes when it is due all the same.</p>
          <TextArea name="to" label="To" hint="Addresses, one on each line." maxLength={5000} />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Send
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

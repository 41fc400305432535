import { useState } from 'react';
import type { ReportStopped } from '../../api/schema';
import { useToken } from '../../lib/useToken';
import { Blank } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { Alone } from '../sessions/Alone';
import { stopReport } from './api';
import { REPORT } from './words';

/** Where the link of a report leads: whoever has it doesn't want that report any more. */
export function StopPage() {
  const token = useToken();
  return <Stop key={token} token={token} />;
}

function Stop({ token }: { token: string }) {
  const [stopped, setStopped] = useState<ReportStopped>();
  return (
    <Alone title={stopped ? 'You don’t get it any more' : 'Stop this report?'}>
      {!token && (
        <Blank title="The link of the mail is needed" small>
          <p>Open it whole: it ends with “#token=…”.</p>
        </Blank>
      )}
      {token && !stopped && <StopForm token={token} onStopped={setStopped} />}
      {stopped && (
        <p>
          {REPORT[stopped.kind]} of {stopped.customer_name} is not sent to {stopped.address} any more. Whoever looks
          after your backups can send it to you again.
        </p>
      )}
    </Alone>
  );
}

function StopForm({ token, onStopped }: { token: string; onStopped: (stopped: ReportStopped) => void }) {
  const form = useForm({ initial: {}, send: async () => onStopped(await stopReport(token)) });
  return (
    <FormView form={form} label="Stop this report" className="alone-form">
      <FormSummary />
      <p>The address to which it was sent doesn’t get it any more. Others who get it still do.</p>
      <Button kind="primary" type="submit" isPending={form.busy} autoFocus>
        Stop it
      </Button>
    </FormView>
  );
}

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { Report, ReportKind } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { day, time } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { setupQuery } from '../sessions/api';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { reportsQuery, resumeReport } from './api';
import { OFF, REPORT, rhythmText } from './words';

const PreviewDialog = lazyDialog(async () => (await import('./ReportDialogs')).PreviewDialog);
const SendDialog = lazyDialog(async () => (await import('./ReportDialogs')).SendDialog);

type Asked = { kind: ReportKind; what: 'preview' | 'send' };

/** Which reports an end customer gets, when, and why not. */
export function ReportsCard({ customer }: { customer: string }) {
  const reports = useQuery(reportsQuery(customer));
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const mayShow = useMay('report_show');
  // While mail is off nothing offers to send.
  const mailIsOn = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled === true;
  const maySend = useMay('report_send') && mailIsOn;
  return (
    <Card title="Reports">
      {reports.isPending && <Skeletons lines={3} />}
      {reports.error && !reports.data && (
        <Failed what="The reports" error={reports.error} onRetry={() => void reports.refetch()} />
      )}
      {reports.data && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Report</th>
              <th scope="col">Goes to</th>
              <th scope="col">Next</th>
              <th scope="col">Last sent</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {reports.data.items.map((report) => (
              <tr key={report.kind}>
                <td data-title="Report">
                  {REPORT[report.kind]}
                  {!report.off && <div className="quiet">{rhythmText(report)}</div>}
                </td>
                <td data-title="Goes to">
                  {report.off ? <span className="quiet">{OFF[report.off]}</span> : report.recipients.join(', ')}
                  <Stopped customer={customer} report={report} />
                </td>
                <td data-title="Next">
                  {report.next_at ? (
                    `${day(report.next_at)}, ${time(report.next_at)}`
                  ) : (
                    <span className="quiet">–</span>
                  )}
                </td>
                <td data-title="Last sent">
                  <When at={report.last_sent_at} never="Never" />
                </td>
                <td className="table-actions">
                  {mayShow && (
                    <Menu
                      label={`More to do with ${REPORT[report.kind]}`}
                      trigger={
                        <Button size="s" aria-label={`More to do with ${REPORT[report.kind]}`}>
                          <Ellipsis className="icon-s" aria-hidden />
                        </Button>
                      }
                    >
                      <MenuItem name="Preview…" onAction={() => setAsked({ kind: report.kind, what: 'preview' })} />
                      {maySend && (
                        <MenuItem name="Send now…" onAction={() => setAsked({ kind: report.kind, what: 'send' })} />
                      )}
                    </Menu>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asked && (
        <Suspense>
          {asked.what === 'preview' ? (
            <PreviewDialog customer={customer} kind={asked.kind} onClose={close} />
          ) : (
            <SendDialog customer={customer} kind={asked.kind} onClose={close} />
          )}
        </Suspense>
      )}
    </Card>
  );
}

/** Who doesn't want it any more, and can be given it again. */
function Stopped({ customer, report }: { customer: string; report: Report }) {
  const client = useQueryClient();
  const may = useMay('report_resume');
  const resume = async (address: string) => {
    try {
      client.setQueryData(reportsQuery(customer).queryKey, await resumeReport(customer, report.kind, address));
      toast(`${address} gets it again`);
    } catch (error) {
      toast(problemText(error));
    }
  };
  return report.stopped.map((address) => (
    <div key={address} className="quiet">
      {address} has stopped it{' '}
      {may && (
        <Button size="s" onPress={() => void resume(address)} aria-label={`Send it to ${address} again`}>
          Send again
        </Button>
      )}
    </div>
  ));
}

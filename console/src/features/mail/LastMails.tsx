import { useQuery } from '@tanstack/react-query';
import type { Mail } from '../../api/schema';
import { exact } from '../../lib/format';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Card } from '../../ui/Card';
import { When } from '../../ui/When';
import { mailsQuery } from './api';

const PURPOSE: Record<Mail['purpose'], string> = {
  test: 'Test mail',
  invitation: 'Invitation',
  password_reset: 'New password',
  notification: 'Events',
  report: 'Report',
  account_details: 'Account details',
};

/** What became of the last mails, those that the server did not take with its words. */
export function LastMails() {
  const mails = useQuery(mailsQuery());
  return (
    <Card title="Last mails" end={mails.data && <span className="quiet">kept for 30 days</span>}>
      {mails.isPending && <Skeletons lines={3} />}
      {mails.error && !mails.data && (
        <Failed what="The last mails" error={mails.error} onRetry={() => void mails.refetch()} />
      )}
      {mails.data?.items.length === 0 && <Blank title="Nothing was sent yet" small />}
      {mails.data && mails.data.items.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">For</th>
              <th scope="col">To</th>
              <th scope="col">Written</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {mails.data.items.map((mail) => (
              <tr key={mail.id}>
                <td>{PURPOSE[mail.purpose]}</td>
                <td>{mail.to}</td>
                <td>
                  <When at={mail.created_at} />
                </td>
                <td>
                  <State mail={mail} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function State({ mail: { state, attempts, detail, due_at, sent_at } }: { mail: Mail }) {
  if (state === 'sent') return <span title={sent_at ? exact(sent_at) : undefined}>Taken by the server</span>;
  if (state === 'failed') {
    return (
      <>
        <Badge tone="danger">Given up</Badge> {detail}
      </>
    );
  }
  if (attempts === 0 || !detail) return <span className="quiet">On its way</span>;
  return (
    <>
      <Badge tone="warning">Waiting</Badge> {detail} Tried {attempts === 1 ? 'once' : `${attempts} times`}
      {due_at && <>, again at {exact(due_at)}</>}.
    </>
  );
}

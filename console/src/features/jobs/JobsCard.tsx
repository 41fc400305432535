import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Customer, Device, Job } from '../../api/schema';
import { exact } from '../../lib/format';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { When } from '../../ui/When';
import { deviceJobsQuery, latestJobsQuery } from './api';
import { durationText, kindText, movedText, outcomeText } from './words';

/** As many as tell enough beside everything else. */
const SHOWN = 8;

/** What a machine has done of late, and does right now. */
export function DeviceJobs({ device }: { device: Device }) {
  const jobs = useQuery(deviceJobsQuery(device));
  const [all, setAll] = useState(false);
  const rows = jobs.data ?? [];
  return (
    <Card
      title="Jobs"
      end={
        rows.length > SHOWN && (
          <Button size="s" onPress={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Show fewer' : `Show all ${rows.length}`}
          </Button>
        )
      }
    >
      {jobs.isPending && <Skeletons lines={3} />}
      {jobs.error && !jobs.data && <Failed what="The jobs" error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {jobs.data && <Jobs rows={all ? rows : rows.slice(0, SHOWN)} />}
    </Card>
  );
}

/** What the machines of a customer have done of late. */
export function CustomerJobs({ customer }: { customer: Customer }) {
  const jobs = useQuery(latestJobsQuery(customer, SHOWN));
  if (jobs.data?.length === 0) return null;
  return (
    <Card title="Last jobs">
      {jobs.isPending && <Skeletons lines={3} />}
      {jobs.error && !jobs.data && <Failed what="The jobs" error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {jobs.data && <Jobs rows={jobs.data} withDevice />}
    </Card>
  );
}

function Jobs({ rows, withDevice = false }: { rows: Job[]; withDevice?: boolean }) {
  if (rows.length === 0) return <Blank title="Nothing was done yet" small />;
  return (
    <table className="mini">
      <thead>
        <tr>
          <th scope="col">{withDevice ? 'Device' : 'Job'}</th>
          <th scope="col">Begun</th>
          {!withDevice && (
            <th scope="col" className="number">
              Took
            </th>
          )}
          <th scope="col" className="number">
            Moved
          </th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((job) => (
          <tr key={job.id ?? 'running'}>
            <td>
              {withDevice ? (
                <>
                  <Link to="/devices/$id" params={{ id: job.device_id }} className="link">
                    {job.device_name}
                  </Link>
                  <span className="quiet whole"> {kindText(job)}</span>
                </>
              ) : (
                <span className="whole">{kindText(job)}</span>
              )}
            </td>
            <td>
              <When at={job.started_at} />
            </td>
            {!withDevice && <td className="number">{durationText(job.seconds)}</td>}
            <td className="number">{movedText(job)}</td>
            <td>
              <Outcome job={job} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How a job ended, or that it goes on. */
export function Outcome({ job, brief = false }: { job: Job; brief?: boolean }) {
  const text = outcomeText(job);
  const title = job.address ? `${exact(job.ended_at)}, from ${job.address}` : exact(job.ended_at);
  if (job.outcome === 'completed') return <span title={title}>{text}</span>;
  if (!job.outcome) return <Badge>{text}</Badge>;
  return (
    <span title={title}>
      <Badge tone={job.outcome === 'refused' ? 'danger' : 'warning'}>{text}</Badge>
      {job.sentence && !brief && <span className="quiet"> {job.sentence}</span>}
    </span>
  );
}

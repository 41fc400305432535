import { CheckField, SelectField, TextArea, TextField } from '../../ui/fields';
import { useFormField } from '../../ui/form';
import { EVERY, JOB_KINDS } from './reports';

const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  value: String(hour),
  label: `${String(hour).padStart(2, '0')}:00`,
}));

const JOBS: Record<(typeof JOB_KINDS)[number], { label: string; hint: string }> = {
  backup: { label: 'Backups', hint: 'Also on days without any, as long as there are devices.' },
  restore: { label: 'Restores', hint: 'On days on which something was read back.' },
  delete: { label: 'Deletions', hint: 'On days on which something was removed.' },
};

/** What settings of reports ask for. */
export function ReportFields({ name }: { name: string }) {
  switch (name) {
    case 'time_zone':
      return <TextField name="zone" label="Time zone" hint="As in Europe/Berlin" maxLength={100} autoFocus />;
    case 'branding':
      return (
        <>
          <TextField name="name" label="Name" optional maxLength={100} autoFocus />
          <TextField
            name="colour"
            label="Colour"
            optional
            hint="As #24427a; dark enough for white letters."
            maxLength={7}
          />
        </>
      );
    case 'job_reports':
      return JOB_KINDS.map((kind) => <CheckField key={kind} name={kind} {...JOBS[kind]} />);
    case 'status_report':
      return <CheckField name="enabled" label="Send it" />;
    default:
      return <Scheduled name={name} />;
  }
}

function Scheduled({ name }: { name: string }) {
  const { value: enabled } = useFormField('enabled');
  return (
    <>
      <CheckField name="enabled" label="Send it" />
      {enabled && (
        <>
          {name === 'consolidated_report' && (
            <TextArea name="recipients" label="To" hint="Addresses, one on each line." maxLength={5000} />
          )}
          <SelectField name="every" label="How often" options={[...EVERY]} />
          {name === 'global_status_report' && (
            <>
              <SelectField name="at_hour" label="At" hint="By the clock of each customer." options={HOURS} />
              <TextField
                name="filter"
                label="Only these devices"
                optional
                hint="A filter as in the list of devices: last_backup_at < now-2d"
                maxLength={2000}
              />
            </>
          )}
        </>
      )}
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { CirclePause, TriangleAlert } from 'lucide-react';
import { Suspense, useState, type ReactNode } from 'react';
import type { BackupState } from '../../api/schema';
import { customerName, offers, refusalOf } from '../../lib/words';
import { Button, LinkButton } from '../../ui/Button';
import { lazyDialog } from '../../ui/lazily';
import { When } from '../../ui/When';
import { customerQuery } from '../customers/api';
import './backups.css';

const Dialogs = lazyDialog(async () => (await import('../customers/CustomerDialogs')).CustomerDialogs);

type CauseProps = {
  state: BackupState;
  /** The customer whose page this is: no link leads to it. */
  here?: string;
  /** What else is known of it. */
  more?: ReactNode;
  /** The button that helps, where it isn't lifting a suspension. */
  help?: ReactNode;
};

/** Why there is no backup, since when, and the button that helps. Nothing where all is well. */
export function Cause({ state, here, more, help }: CauseProps) {
  if (!state.needs_attention) return null;
  const isSuspended = state.code === 'suspended';
  const Icon = isSuspended ? CirclePause : TriangleAlert;
  return (
    <section className="attention" aria-label="Needs attention" data-tone={isSuspended ? undefined : 'danger'}>
      <Icon className="icon" aria-hidden />
      <div className="attention-text">
        <p className="strong">{state.detail}</p>
        {isSuspended && state.sentence && <p>They were told: “{state.sentence}”</p>}
        {more}
        <Since state={state} />
      </div>
      <div className="attention-buttons">
        {isSuspended && state.cause && <Lift cause={state.cause} name={state.cause_name} here={here} />}
        {/* Of a customer only the suspension helps; a device may be suspended itself. */}
        {!(isSuspended && (here || state.cause)) && help}
      </div>
    </section>
  );
}

const SINCE: Partial<Record<BackupState['code'], string>> = {
  suspended: 'Suspended',
  refused: 'Refused for the first time',
  wrong_password: 'For the first time',
  never_connected: 'Registered',
  never_backed_up: 'Connected for the first time',
  silent: 'Last backup',
  pending_approval: 'Registered',
  given_up: 'Given up',
};

function Since({ state: { code, since, suspended_by, action } }: { state: BackupState }) {
  // What is to be deleted counts as suspended until it is restored.
  const word = code === 'suspended' && action === 'restore' ? 'Deleted' : SINCE[code];
  if (!word || !since) return null;
  return (
    <p className="quiet">
      {word} <When at={since} />
      {suspended_by && ` by ${suspended_by}`}
    </p>
  );
}

type LiftProps = { cause: string; name: string | null | undefined; here: string | undefined };

/** Lifts the suspension where it was laid, from wherever its effect is seen. */
function Lift({ cause, name, here }: LiftProps) {
  const [open, setOpen] = useState(false);
  const customer = useQuery(customerQuery(cause)).data;
  const isHere = cause === here;
  const mayLift = customer && offers(customer, 'activate') && (isHere || !refusalOf(customer, 'activate'));
  return (
    <>
      {!isHere && (
        <LinkButton size="s" to="/customers/$id" params={{ id: cause }}>
          Open {name}
        </LinkButton>
      )}
      {mayLift && (
        <Button size="s" onPress={() => setOpen(true)} refusal={refusalOf(customer, 'activate')}>
          {isHere ? 'Activate' : `Activate ${customerName(customer)}`}
        </Button>
      )}
      {open && customer && (
        <Suspense>
          <Dialogs customer={customer} dialog="activate" add={undefined} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

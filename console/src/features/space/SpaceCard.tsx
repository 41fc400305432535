import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { Space, SpaceState } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { useMay } from '../../app/useMe';
import { bytes } from '../../lib/format';
import { customerName, refusalOf } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Meter } from '../../ui/Meter';
import { toast } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { bytesOf, exactly, timesOf } from './amount';
import { setSpace, spaceQuery, type Holder } from './api';
import './space.css';

type SpaceCardProps = {
  holder: Holder;
  title?: string;
  /** What stands there while nothing is allotted. */
  used?: ReactNode;
  /** What else is limited. */
  more?: ReactNode;
};

/** What somebody may store: what of that was handed on, what is used, and whose it is. Edited in place. */
export function SpaceCard({ holder, title = 'Allotted space', used, more }: SpaceCardProps) {
  const space = useQuery(spaceQuery(holder));
  const may = useMay(holder.noun === 'customers' ? 'space_set' : 'device_space_set');
  const [editing, setEditing] = useState(false);
  const state = space.data;
  return (
    <Card
      title={title}
      end={
        state &&
        may &&
        !editing && (
          <Button size="s" kind="quiet" refusal={refusalOf(state, 'set_space')} onPress={() => setEditing(true)}>
            {typeof state.allotted_bytes === 'number' ? 'Change' : 'Allot space'}
          </Button>
        )
      }
    >
      {space.isPending && <Skeletons lines={2} />}
      {space.error && !state && <Failed what="The space" error={space.error} onRetry={() => void space.refetch()} />}
      {state &&
        (editing ? (
          <Edit holder={holder} state={state} onClose={() => setEditing(false)} />
        ) : (
          <Held holder={holder} state={state} used={used} />
        ))}
      {more}
      {state?.above && <Above above={state.above} />}
    </Card>
  );
}

function Held({ holder, state, used }: { holder: Holder; state: SpaceState; used: ReactNode }) {
  const held = state.allotted_bytes;
  if (typeof held !== 'number') {
    if (used) {
      return (
        <>
          {used}
          {state.above && <p className="quiet">Draws on what {state.above.company_name} holds.</p>}
        </>
      );
    }
    return (
      <p className="quiet">
        {state.above
          ? `Draws on what ${state.above.company_name} holds.`
          : 'Nothing of its own: what it stores is not limited here.'}
      </p>
    );
  }
  // Who has nobody below to hand on to has two numbers, and these stand in the line above.
  const isPlain = holder.noun === 'customers' && holder.row.level === 'end_customer';
  const isSplit = !isPlain || state.handed_bytes > 0 || state.overcommit > 1 || (state.free_bytes ?? 0) < 0;
  return (
    <>
      <p className="figure">
        {holder.noun === 'customers' ? (
          <Link to="/space" search={{ under: holder.row.id }} className="plain-link">
            <b className="number">{bytes(held)}</b>
          </Link>
        ) : (
          <b className="number">{bytes(held)}</b>
        )}
        <span className="quiet">
          allotted, {bytes(state.used_bytes)} used
          {!isSplit && `, ${bytes(state.free_bytes ?? 0)} free`}
        </span>
      </p>
      <Meter
        label="Allotted space"
        text={`${bytes(state.used_bytes)} of ${bytes(held)} used`}
        used={state.used_bytes}
        of={held}
      />
      {isSplit && <Split space={state} />}
    </>
  );
}

/** The four numbers of a budget. */
function Split({ space }: { space: Space }) {
  return (
    <dl className="split">
      <Number name="Allotted" value={space.allotted_bytes ?? 0} />
      <Number name="Handed on" value={space.handed_bytes} />
      <Number name="Used beside that" value={space.drawn_bytes} />
      <Number name="Free" value={space.free_bytes ?? 0} />
      {space.overcommit > 1 && (
        <div>
          <dt>Promised at most</dt>
          <dd className="number">{space.overcommit} times</dd>
        </div>
      )}
    </dl>
  );
}

function Number({ name, value }: { name: string; value: number }) {
  return (
    <div data-lacking={value < 0 || undefined}>
      <dt>{name}</dt>
      <dd className="number">{value < 0 ? `−${bytes(-value)}` : bytes(value)}</dd>
    </div>
  );
}

function Above({ above }: { above: NonNullable<SpaceState['above']> }) {
  return (
    <section className="space-above" aria-label={`Space of ${above.company_name}`}>
      <p>
        <Link to="/customers/$id" params={{ id: above.id }} className="plain-link">
          {above.company_name}
        </Link>{' '}
        <span className="quiet">holds</span>{' '}
        <Link to="/space" search={{ under: above.id }} className="link">
          Show all below
        </Link>
      </p>
      <Split space={above} />
    </section>
  );
}

function Edit({ holder, state, onClose }: { holder: Holder; state: SpaceState; onClose: () => void }) {
  const client = useQueryClient();
  // What was read when it began is what the change is based on.
  const [base] = useState(state);
  const isCustomer = holder.noun === 'customers';
  const name = isCustomer ? customerName(holder.row) : holder.row.name;
  const form = useForm({
    initial: {
      allotted_bytes: typeof base.allotted_bytes === 'number' ? exactly(base.allotted_bytes) : '',
      overcommit: base.overcommit > 1 ? String(base.overcommit) : '',
    },
    check: ({ allotted_bytes = '', overcommit = '' }) => {
      const found: Problems = {};
      if (allotted_bytes.trim() && bytesOf(allotted_bytes) === undefined) {
        found['allotted_bytes'] = 'Write a number and a unit: 500 GB, 1.5 TB.';
      }
      if (overcommit.trim() && timesOf(overcommit) === undefined) {
        found['overcommit'] = 'Write a number from 1 to 10: 1.2.';
      }
      return found;
    },
    send: async ({ allotted_bytes = '', overcommit = '' }) => {
      const after = await setSpace(holder, base.version, {
        allotted_bytes: allotted_bytes.trim() ? (bytesOf(allotted_bytes) ?? null) : null,
        ...(isCustomer ? { overcommit: timesOf(overcommit) ?? 1 } : {}),
      });
      const renew = () => happened(client, isCustomer ? 'customer.space_set' : 'device.space_set', holder.row);
      const held = base.allotted_bytes;
      onClose();
      toast(
        allotted_bytes.trim() ? `${name} holds ${allotted_bytes.trim()}` : `${name} holds nothing of its own`,
        undo({
          name,
          restore: () =>
            setSpace(holder, after.version, {
              allotted_bytes: held ?? null,
              ...(isCustomer ? { overcommit: base.overcommit } : {}),
            }),
          said:
            typeof held === 'number'
              ? `${name} holds ${exactly(held)} again`
              : `${name} holds nothing of its own again`,
          renew,
        }),
      );
      await renew();
    },
  });
  return (
    <FormView form={form} label={`Space of ${name}`} className="space-form">
      <FormSummary />
      <TextField
        name="allotted_bytes"
        label="Allotted space"
        optional
        autoFocus
        hint={
          typeof base.most_bytes === 'number'
            ? `At most ${bytes(base.most_bytes)}. Empty: nothing of its own, it draws on the nearest above.`
            : 'As 500 GB or 1.5 TB. Empty: nothing of its own, it draws on the nearest above.'
        }
      />
      {isCustomer && (
        <TextField
          name="overcommit"
          label="Promise it how many times"
          optional
          hint="Empty: hand on no more than it holds. What is used never exceeds that."
        />
      )}
      <p className="space-form-end">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" isPending={form.busy}>
          Save
        </Button>
      </p>
    </FormView>
  );
}

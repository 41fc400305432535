import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import type { CustomerThen } from '../../api/schema';
import { countryName } from '../../lib/countries';
import { KIND, LEVEL, MODE, problemText } from '../../lib/words';
import { Fact, Facts } from '../../ui/Facts';
import { Notice } from '../../ui/Notice';
import type { customerThenQuery } from './api';

type ThenQuery = (asOf: string) => ReturnType<typeof customerThenQuery>;

/** What a customer was on a day: for disputes and bills. */
export function AsOf({ thenQuery }: { thenQuery: ThenQuery }) {
  const id = useId();
  const [day, setDay] = useState('');
  const then = useQuery({ ...thenQuery(day), enabled: day !== '' });
  return (
    <section className="as-of" aria-label="As of a day">
      <label htmlFor={id} className="field-label">
        As it was at the end of
      </label>
      <input id={id} type="date" className="input" value={day} onChange={(event) => setDay(event.target.value)} />
      {then.error && <Notice tone="danger">{problemText(then.error)}</Notice>}
      {then.data && day !== '' && <Then then={then.data} />}
    </section>
  );
}

function Then({ then }: { then: CustomerThen }) {
  const { effective_state: state } = then;
  return (
    <Facts>
      <Fact name="Name">{then.name ?? then.company_name}</Fact>
      <Fact name="Level">{LEVEL[then.level]}</Fact>
      {then.parent_id && (
        <Fact name="Under">
          <Link to="/customers/$id" params={{ id: then.parent_id }} className="link">
            {then.parent_name}
          </Link>
        </Fact>
      )}
      <Fact name="State">
        {state.state === 'active' ? 'Active' : state.deleting ? 'To be deleted' : 'Suspended'}
        {state.mode && `: ${MODE[state.mode].toLowerCase()}`}
        {state.cause_name && `, at ${state.cause_name}`}
      </Fact>
      <Fact name="Stage">{then.stage === 'trial' ? 'On trial' : 'In production'}</Fact>
      {then.kind && <Fact name="Kind">{KIND[then.kind]}</Fact>}
      {then.country && <Fact name="Country">{countryName(then.country)}</Fact>}
    </Facts>
  );
}

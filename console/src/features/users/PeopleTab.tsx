import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { Customer, User } from '../../api/schema';
import { OVER } from '../../app/over';
import { useMay } from '../../app/useMe';
import { counted } from '../../lib/format';
import { offers, refusalOf } from '../../lib/words';
import { Blank } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { useWindow } from '../../ui/grid/useWindow';
import { listUsers } from './api';
import { PeopleList } from './PeopleList';

/** The people of one customer and below it, on its page. */
export function PeopleTab({ customer }: { customer: Customer }) {
  const [sort, setSort] = useState('name');
  const go = useNavigate({ from: '/customers/$id' });
  const mayAdd = useMay('user_create');
  const under = customer.id;
  const rows = useWindow<User>({
    key: ['users', 'list', { under }, sort],
    fetch: (range, signal) => listUsers({ under }, sort, range, signal),
  });
  return (
    <section className="tab-list" aria-label="People">
      <header className="card-head">
        <h2>{rows.loading ? 'People' : counted(rows.total, 'person', 'people')}</h2>
        {mayAdd && offers(customer, 'add_user') && (
          <Button
            refusal={refusalOf(customer, 'add_user')}
            onPress={() => void go({ search: { tab: 'people', add: 'person' }, state: OVER })}
          >
            <Plus className="icon-s" aria-hidden />
            Add person
          </Button>
        )}
      </header>
      {customer.username && (
        <p className="quiet intro">The customer itself signs in with the username {customer.username}.</p>
      )}
      <div className="tab-grid" style={{ '--rows': rows.total }}>
        <PeopleList
          window={rows}
          withCustomer={customer.totals.customers > 0}
          sort={sort}
          onSort={setSort}
          filter={under}
          blank={
            <Blank title="No people yet" small>
              <p>Whoever is added here can sign in with an email address and a password.</p>
            </Blank>
          }
        />
      </div>
    </section>
  );
}

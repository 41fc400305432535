import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Ancestor, Customer } from '../../api/schema';
import { customerName } from '../../lib/words';
import { Breadcrumbs } from '../../ui/Breadcrumbs';

type CustomerCrumbsProps = {
  /** Nothing until it has arrived. */
  customer: Customer | undefined;
  /** Whether it leads to the customer itself, too: its own page is another one. */
  withItself?: boolean;
};

/** Where a customer stands. */
export function CustomerCrumbs({ customer, withItself = false }: CustomerCrumbsProps) {
  return (
    <Breadcrumbs>
      {[
        <Link
          key="list"
          activeOptions={{ exact: true }}
          to="/customers"
          search={{ under: undefined }}
          className="plain-link"
        >
          Customers
        </Link>,
        ...ancestorLinks(customer?.ancestors),
        ...(customer && withItself ? ancestorLinks([customer]) : []),
      ]}
    </Breadcrumbs>
  );
}

/** A link to each node, from the outside in. */
export function ancestorLinks(ancestors: Ancestor[] | null | undefined): ReactElement[] {
  return (ancestors ?? []).map((above) => (
    <Link
      key={above.id}
      activeOptions={{ exact: true }}
      to="/customers/$id"
      params={{ id: above.id }}
      className="plain-link"
    >
      {customerName(above)}
    </Link>
  ));
}

import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Ancestor, Customer } from '../../api/schema';
import { isOwn } from '../../app/pages';
import { useMe } from '../../app/useMe';
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
  const me = useMe();
  const list = (
    <Link
      key="list"
      activeOptions={{ exact: true }}
      to="/customers"
      search={{ under: undefined }}
      className="plain-link"
    >
      Customers
    </Link>
  );
  const links = [
    // Whoever has no list of customers has nothing above their own.
    ...(isOwn(me) ? [] : [list]),
    ...ancestorLinks(customer?.ancestors),
    ...(customer && withItself ? ancestorLinks([customer]) : []),
  ];
  return links.length > 0 && <Breadcrumbs>{links}</Breadcrumbs>;
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

import { useQuery } from '@tanstack/react-query';
import type { CustomersSearch } from '../../app/search';
import { useScope } from '../../app/useMe';
import { counted, countedTo } from '../../lib/format';
import { customerName } from '../../lib/words';
import { customerQuery } from './api';

type ListCountProps = { rows: { total: number; beyond: boolean }; search: CustomersSearch; left: boolean };

/** `left`: some are left out.
 *
 * How many there are, and of what: of the whole subtree the same number that the tree shows beside its node. */
export function ListCount({ rows, search, left }: ListCountProps) {
  const customer = useQuery(customerQuery(useScope().id)).data;
  if (!customer) return null;
  const name = customerName(customer);
  const holdsSites = customer.level === 'end_customer';
  // A filter says by itself whether it wants sites.
  const leavesSitesOut = !search.level && !search.filter && !holdsSites;
  const isWhole = !left && !search.level && !search.filter && !search.q;
  const apart = leavesSitesOut && customer.totals.sites > 0 ? ', sites not counted' : '';
  if (isWhole && rows.total > 1) {
    // Beyond what lists count the tree still knows.
    const below = rows.beyond && !holdsSites ? customer.totals.customers : rows.total - 1;
    return (
      <p className="quiet" role="status">
        {name} and <span className="number">{counted(below, holdsSites ? 'site' : 'customer')}</span> below it{apart}
      </p>
    );
  }
  const unit = search.level === 'by_site' ? ' rows' : '';
  const among = search.level === 'all' && customer.totals.sites > 0 ? ', sites among them' : apart;
  return (
    <p className="quiet" role="status">
      <span className="number">{countedTo(rows)}</span>
      {unit} in {name} and below{among}
    </p>
  );
}

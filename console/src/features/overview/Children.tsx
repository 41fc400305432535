import { Link, useMatchRoute } from '@tanstack/react-router';
import type { ChildUse, Customer, Overview } from '../../api/schema';
import { bytes, count } from '../../lib/format';
import { Blank } from '../../ui/Blank';
import { LevelIcon } from '../customers/LevelIcon';
import { childrenTitle, growthText } from './words';

/** Who uses how much: those directly below that use most. */
export function Children({ customer, overview }: { customer: Customer; overview: Overview }) {
  const { children, children_total } = overview;
  const title = childrenTitle(customer.level);
  const most = children[0]?.used_bytes ?? 0;
  const hasWeek = children.some(({ growth }) => typeof growth.seven_days === 'number');
  const hasMonth = children.some(({ growth }) => typeof growth.thirty_days === 'number');
  return (
    <section className="card" aria-label={title}>
      <header className="card-head">
        <h2>{title}</h2>
        {children_total > 0 && (
          <Link
            to="/customers"
            search={{ under: customer.id, level: 'all', filter: `parent_id == ${customer.id}`, sort: '-used_bytes' }}
            className="link"
          >
            {children_total > children.length ? `All ${count(children_total)}` : 'Show as a list'}
          </Link>
        )}
      </header>
      {children.length === 0 ? (
        <Blank title="No customers yet" small>
          <p>Customers that are added here appear here.</p>
        </Blank>
      ) : (
        <div className="children">
          <table className="mini">
            <thead>
              <tr>
                <th scope="col">{children_total > children.length ? 'Those that use most' : 'Name'}</th>
                <th scope="col" className="number">
                  Devices
                </th>
                {hasWeek && (
                  <th scope="col" className="number">
                    7 days
                  </th>
                )}
                {hasMonth && (
                  <th scope="col" className="number">
                    30 days
                  </th>
                )}
                <th scope="col" className="number">
                  Used
                </th>
              </tr>
            </thead>
            <tbody>
              {children.map((child) => (
                <Child key={child.id} child={child} most={most} hasWeek={hasWeek} hasMonth={hasMonth} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

type ChildProps = { child: ChildUse; most: number; hasWeek: boolean; hasMonth: boolean };

function Child({ child, most, hasWeek, hasMonth }: ChildProps) {
  const { growth } = child;
  return (
    <tr>
      <td>
        <span className="who">
          <LevelIcon level={child.level} />
          <ChildLink child={child} />
        </span>
      </td>
      <td className="number">
        {child.devices > 0 && (
          <Link to="/devices" search={{ under: child.id }} className="plain-link">
            {count(child.devices)}
          </Link>
        )}
      </td>
      {hasWeek && <td className="number">{growth.seven_days ? growthText(growth.seven_days) : ''}</td>}
      {hasMonth && <td className="number">{growth.thirty_days ? growthText(growth.thirty_days) : ''}</td>}
      <td className="number child-used">
        {child.used_bytes > 0 && (
          <>
            <Link to="/devices" search={{ under: child.id, sort: '-used_bytes' }} className="plain-link">
              {bytes(child.used_bytes)}
            </Link>
            <span className="child-bar" aria-hidden>
              <span style={{ inlineSize: `${(child.used_bytes / Math.max(most, 1)) * 100}%` }} />
            </span>
          </>
        )}
      </td>
    </tr>
  );
}

/** From the overview on to the overview of what has others below it, else to the customer's page. */
function ChildLink({ child }: { child: ChildUse }) {
  const matches = useMatchRoute();
  const isLeaf = child.level === 'end_customer' || child.level === 'site';
  const name = child.name ?? child.company_name;
  if (isLeaf || !matches({ to: '/overview' })) {
    return (
      <Link to="/customers/$id" params={{ id: child.id }} className="plain-link">
        {name}
      </Link>
    );
  }
  return (
    <Link to="/overview" search={{ under: child.id }} className="plain-link">
      {name}
    </Link>
  );
}

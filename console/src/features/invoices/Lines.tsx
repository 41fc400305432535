import type { Invoice, InvoicePreview } from '../../api/schema';
import { bytes, count, utcDay } from '../../lib/format';
import { money } from './words';
import './invoices.css';

type Reckoned = Pick<
  InvoicePreview,
  'lines' | 'subtotal' | 'discount' | 'tax' | 'tax_percent' | 'total' | 'notes' | 'currency' | 'places'
> & { days?: Invoice['days'] };

/** What an invoice comes to, line by line, with what was measured of each day. */
export function Lines({ of }: { of: Reckoned }) {
  return (
    <>
      <table className="table amounts">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col" className="number">
              Quantity
            </th>
            <th scope="col" className="number">
              Charged
            </th>
            <th scope="col" className="number">
              Amount
            </th>
          </tr>
        </thead>
        <tbody>
          {of.lines.map((line, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- the lines of an invoice are these, in this order
            <tr key={index}>
              <td data-title="For">{line.item.name}</td>
              <td data-title="Quantity" className="number">
                {line.quantity}
              </td>
              <td data-title="Charged" className="number">
                {line.beyond_included}
              </td>
              <td data-title="Amount" className="number">
                {money(line.amount, of)}
              </td>
            </tr>
          ))}
          <Sum name="Subtotal" amount={money(of.subtotal, of)} />
          {of.discount !== 0 && <Sum name="Discount" amount={money(-of.discount, of)} />}
          <Sum name={`Tax, ${of.tax_percent} %`} amount={money(of.tax, of)} />
          <Sum name="Total" amount={money(of.total, of)} />
        </tbody>
      </table>
      {of.notes.length > 0 && (
        <ul className="quiet">
          {of.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {of.days && of.days.length > 0 && (
        <details>
          <summary>What was measured on each day</summary>
          <table className="table amounts">
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col" className="number">
                  Used on average
                </th>
                <th scope="col" className="number">
                  At its most
                </th>
                <th scope="col" className="number">
                  Devices
                </th>
                <th scope="col" className="number">
                  With backups
                </th>
              </tr>
            </thead>
            <tbody>
              {of.days.map(({ day, used_bytes, devices, devices_protected }) => (
                <tr key={day}>
                  <td data-title="Day">{utcDay(day)}</td>
                  <td data-title="Used on average" className="number">
                    {bytes(used_bytes.average)}
                  </td>
                  <td data-title="At its most" className="number">
                    {bytes(used_bytes.high)}
                  </td>
                  <td data-title="Devices" className="number">
                    {count(devices)}
                  </td>
                  <td data-title="With backups" className="number">
                    {count(devices_protected)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </>
  );
}

function Sum({ name, amount }: { name: string; amount: string }) {
  return (
    <tr>
      <th scope="row" colSpan={3}>
        {name}
      </th>
      <td className="number">{amount}</td>
    </tr>
  );
}

import { useQuery } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { countryName } from '../../lib/countries';
import { count, day } from '../../lib/format';
import { mailto } from '../../lib/mailto';
import { KIND, LEVEL, SERVICE } from '../../lib/words';
import { CopyId, Fact, Facts } from '../../ui/Facts';
import { storageLocationsQuery } from './api';
import { LastBackup } from './LastBackup';

/** The column at the right of a customer's page. */
export function Details({ customer }: { customer: Customer }) {
  const locations = useQuery(storageLocationsQuery()).data;
  const location = locations?.find(({ id }) => id === customer.storage_location_id);
  const { profile } = customer;
  const place = [profile.address, profile.city].filter(Boolean).join(', ');
  const hasContact = Boolean(customer.email || profile.contact || profile.phone || profile.fax || place);
  return (
    <>
      <section>
        <h2>Details</h2>
        <Facts>
          <Fact name="Level">{LEVEL[customer.level]}</Fact>
          {customer.level === 'site' && customer.name !== customer.company_name && (
            <Fact name="Company name">{customer.company_name}</Fact>
          )}
          {customer.username && (
            <Fact name="Username">
              {customer.username}
              {!customer.web_access && ' (web access off)'}
            </Fact>
          )}
          {customer.country && <Fact name="Country">{countryName(customer.country)}</Fact>}
          {customer.storage_location_id && <Fact name="Storage location">{location?.name}</Fact>}
          {typeof customer.max_devices === 'number' && <Fact name="Device limit">{count(customer.max_devices)}</Fact>}
          {customer.level !== 'provider' && <Fact name="Service type">{SERVICE[customer.service_type]}</Fact>}
          {customer.kind && <Fact name="Kind">{KIND[customer.kind]}</Fact>}
          {customer.trial_ends_at && <Fact name="Trial until">{day(customer.trial_ends_at)}</Fact>}
          {customer.production_since && <Fact name="In production since">{day(customer.production_since)}</Fact>}
          {customer.last_backup_at && (
            <Fact name="Last backup">
              <LastBackup at={customer.last_backup_at} state={customer.effective_state} />
            </Fact>
          )}
          <Fact name="Added">{day(customer.created_at)}</Fact>
          {profile.reference && <Fact name="Reference">{profile.reference}</Fact>}
          <Fact name="ID" wide>
            <CopyId id={customer.id} />
          </Fact>
        </Facts>
      </section>
      {hasContact && (
        <section>
          <h2>Contact</h2>
          {profile.contact && <p>{profile.contact}</p>}
          {customer.email && (
            <p>
              <a className="link" href={mailto(customer.email)}>
                {customer.email}
              </a>
            </p>
          )}
          {profile.phone && <p>{profile.phone}</p>}
          {profile.fax && <p className="quiet">Fax {profile.fax}</p>}
          {place && <p className="quiet">{place}</p>}
        </section>
      )}
      {profile.shared_notes && (
        <section>
          <h2>Notes</h2>
          <p className="notes">{profile.shared_notes}</p>
        </section>
      )}
      {profile.notes && (
        <section>
          <h2>Internal notes</h2>
          <p className="notes">{profile.notes}</p>
        </section>
      )}
    </>
  );
}

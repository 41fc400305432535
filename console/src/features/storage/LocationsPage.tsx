import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { StorageLocation } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { countryName } from '../../lib/countries';
import { counted } from '../../lib/format';
import { problemText, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toasts';
import { useTitle } from '../../ui/useTitle';
import { POOLS } from '../customers/PlaceFields';
import { undo } from '../../ui/undo';
import { storageLocationsQuery } from '../customers/api';
import { updateLocation } from './api';
import { LocationDialog } from './LocationDialog';
import { PoolsCard } from './PoolsCard';
import { countriesText } from './serves';

/** The provider's data centres, and whose customers store there. */
export function LocationsPage() {
  useTitle('Storage locations');
  const locations = useQuery(storageLocationsQuery());
  const mayAdd = useMay('storage_location_create');
  const [open, setOpen] = useState<StorageLocation | 'new'>();
  const close = () => setOpen(undefined);
  return (
    <div className="list-page">
      <header className="page-head">
        <div className="page-title">
          <h1>Storage locations</h1>
          {locations.data && (
            <p className="quiet" role="status">
              {counted(locations.data.length, 'location')}
            </p>
          )}
        </div>
        {mayAdd && (
          <div className="page-actions">
            <Button kind="primary" onPress={() => setOpen('new')}>
              <Plus className="icon-s" aria-hidden />
              Add location
            </Button>
          </div>
        )}
      </header>
      {locations.error && !locations.data && (
        <Failed what="The storage locations" error={locations.error} onRetry={() => void locations.refetch()} />
      )}
      {locations.isPending && <Skeletons lines={6} />}
      {locations.data && (
        <div className="cards cards-page">
          <section className="card" aria-label="All storage locations">
            <p className="quiet intro">
              New customers of a country that is served store there. What customers have stays theirs, whatever is
              changed here. {POOLS}
            </p>
            <ul className="few">
              {locations.data
                .toSorted((a, b) => Number(Boolean(a.withdrawn_at)) - Number(Boolean(b.withdrawn_at)))
                .map((location) => (
                  <Location key={location.id} location={location} onEdit={() => setOpen(location)} />
                ))}
            </ul>
          </section>
          {mayAdd && <PoolsCard locations={locations.data} />}
        </div>
      )}
      {open && <LocationDialog location={open === 'new' ? undefined : open} onClose={close} />}
    </div>
  );
}

function Location({ location, onEdit }: { location: StorageLocation; onEdit: () => void }) {
  const client = useQueryClient();
  const { name, withdrawn_at } = location;
  const renew = () => client.invalidateQueries({ queryKey: storageLocationsQuery().queryKey });
  const withdraw = async () => {
    try {
      const after = await updateLocation(location, { withdrawn: !withdrawn_at });
      toast(
        withdrawn_at
          ? `${name} can be chosen again. Say which countries it serves.`
          : `${name} withdrawn. Who has it keeps it.`,
        undo({
          name,
          // What it served is said again: withdrawing takes it away.
          restore: () =>
            withdrawn_at
              ? updateLocation(after, { withdrawn: true })
              : updateLocation(after, { withdrawn: false, serves: location.serves }),
          said: withdrawn_at ? `${name} is withdrawn again` : `${name} can be chosen as before`,
          renew,
        }),
      );
    } catch (error) {
      toast(problemText(error));
    }
    await renew();
  };
  return (
    <li>
      <span className="few-name">
        {name} {withdrawn_at && <Badge>Withdrawn</Badge>}
        <br />
        <span className="quiet">{placed(location)}</span>
      </span>
      {refusalOf(location, 'edit') === undefined && (
        <span className="card-links">
          <Button size="s" kind="quiet" aria-label={`Edit ${name}`} onPress={onEdit}>
            Edit
          </Button>
          <Button
            size="s"
            kind="quiet"
            aria-label={`${withdrawn_at ? 'Offer again' : 'Withdraw'} ${name}`}
            onPress={() => void withdraw()}
          >
            {withdrawn_at ? 'Offer again' : 'Withdraw'}
          </Button>
        </span>
      )}
    </li>
  );
}

/** Where it stands, and who gets it. */
function placed({ country, serves, withdrawn_at }: StorageLocation): string {
  const where = `In ${countryName(country)}`;
  if (withdrawn_at) return `${where} · kept by those who have it`;
  if (serves.length === 0) return `${where} · to be chosen where no other serves the country`;
  if (serves.length === 1 && serves[0] === country) return `${where}, which it serves`;
  return `${where} · serves ${countriesText(serves)}`;
}

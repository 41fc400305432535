import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { StorageLocation, StoragePool } from '../../api/schema';
import { bytes, counted } from '../../lib/format';
import { problemText, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toasts';
import { storagePoolsQuery, updatePool } from './api';
import { PoolDialog } from './PoolDialog';
import { PoolEditDialog } from './PoolEditDialog';

/** Where backups lie, and how each place does. */
export function PoolsCard({ locations }: { locations: StorageLocation[] }) {
  const pools = useQuery(storagePoolsQuery());
  const [isAdding, setAdding] = useState(false);
  return (
    <section className="card" aria-label="Storage pools">
      <header className="card-head">
        <h2>Storage pools</h2>
        <Button size="s" onPress={() => setAdding(true)}>
          <Plus className="icon-s" aria-hidden />
          Add pool
        </Button>
      </header>
      <p className="quiet intro">
        Backups of a new device lie in the pool of its customer’s location, or in the first one for every location. What
        lies in a pool stays there.
      </p>
      {pools.error && !pools.data && (
        <Failed what="The storage pools" error={pools.error} onRetry={() => void pools.refetch()} />
      )}
      {pools.isPending && <Skeletons lines={2} />}
      {pools.data && (
        <ul className="few">
          {pools.data.map((pool) => (
            <Pool key={pool.id} pool={pool} location={locations.find(({ id }) => id === pool.storage_location_id)} />
          ))}
        </ul>
      )}
      {isAdding && <PoolDialog onClose={() => setAdding(false)} />}
    </section>
  );
}

function Pool({ pool, location }: { pool: StoragePool; location: StorageLocation | undefined }) {
  const client = useQueryClient();
  // As it was when somebody began: what others change meanwhile is noticed.
  const [edited, setEdited] = useState<StoragePool>();
  const { name, withdrawn_at } = pool;
  const withdraw = async () => {
    try {
      await updatePool(pool, { withdrawn: !withdrawn_at });
      toast(withdrawn_at ? `${name} takes new devices again.` : `${name} takes no new devices.`);
    } catch (error) {
      toast(problemText(error));
    }
    await client.invalidateQueries({ queryKey: storagePoolsQuery().queryKey });
  };
  return (
    <li>
      <span className="few-name">
        {name} {pool.status === 'away' && <Badge tone="danger">Away</Badge>}
        {pool.status === 'full' && <Badge tone="danger">Full</Badge>}
        {withdrawn_at && <Badge>Takes no new devices</Badge>}
        <br />
        <span className="quiet">
          {placed(pool)} · {location ? `for ${location.name}` : 'for every location'} · {bytes(pool.used_bytes)} of{' '}
          {counted(pool.repositories, 'device')}
          {pool.free_bytes != null && `, ${bytes(pool.free_bytes)} free`}
          {pool.reason && ` · ${pool.reason}`}
        </span>
      </span>
      {refusalOf(pool, 'edit') === undefined && (
        <span className="card-links">
          <Button size="s" kind="quiet" aria-label={`Edit ${name}`} onPress={() => setEdited(pool)}>
            Edit
          </Button>
          <Button
            size="s"
            kind="quiet"
            aria-label={`${withdrawn_at ? 'Use again' : 'Withdraw'} ${name}`}
            onPress={() => void withdraw()}
          >
            {withdrawn_at ? 'Use again' : 'Withdraw'}
          </Button>
        </span>
      )}
      {edited && <PoolEditDialog pool={edited} onClose={() => setEdited(undefined)} />}
    </li>
  );
}

/** What it is, and where. */
function placed({ kind, endpoint, bucket, prefix }: StoragePool): string {
  return kind === 's3' ? `S3: ${endpoint}, ${bucket}/${prefix}` : 'A directory of the server';
}

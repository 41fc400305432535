import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { Customer, Device } from '../../api/schema';
import { OVER } from '../../app/over';
import { useMay } from '../../app/useMe';
import { counted } from '../../lib/format';
import { offers, refusalOf } from '../../lib/words';
import { Blank } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { useWindow } from '../../ui/grid/useWindow';
import { listDevices } from './api';
import { DeviceList, useDeviceColumns } from './DeviceList';

/** The devices of one customer, on its page. */
export function DevicesTab({ customer }: { customer: Customer }) {
  const [sort, setSort] = useState('name');
  const go = useNavigate({ from: '/customers/$id' });
  const under = customer.id;
  const rows = useWindow<Device>({
    key: ['devices', 'list', { under }, sort],
    fetch: (range, signal) => listDevices({ under }, sort, range, signal),
  });
  const columns = useDeviceColumns(customer.totals.sites > 0 || customer.totals.customers > 0);
  const mayAdd = useMay('pass_key_create');
  const byHand = useMay('device_create') && offers(customer, 'add_device') && (
    <Button
      refusal={refusalOf(customer, 'add_device')}
      onPress={() => void go({ search: { tab: 'devices', add: 'by_hand' } })}
    >
      Add by hand
    </Button>
  );
  const add = mayAdd && offers(customer, 'add_device') && (
    <Button
      refusal={refusalOf(customer, 'add_device')}
      onPress={() => void go({ search: { tab: 'devices', add: 'device' }, state: OVER })}
    >
      <Plus className="icon-s" aria-hidden />
      Add device
    </Button>
  );
  return (
    <section className="tab-list" aria-label="Devices">
      <header className="card-head">
        <h2>{rows.loading ? 'Devices' : counted(rows.total, 'device')}</h2>
        <span className="page-actions">
          {byHand}
          {add}
        </span>
      </header>
      <div className="tab-grid" style={{ '--rows': rows.total }}>
        <DeviceList
          window={rows}
          columns={columns}
          sort={sort}
          onSort={setSort}
          filter={under}
          blank={
            <Blank title="No device yet" small>
              <p>
                {add
                  ? 'A pass key and a ready command register a machine and start its backups.'
                  : 'Devices register with a pass key of their end customer.'}
              </p>
            </Blank>
          }
        />
      </div>
    </section>
  );
}

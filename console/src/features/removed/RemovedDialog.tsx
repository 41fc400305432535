import type { RemovedCustomer } from '../../api/schema';
import { bytes, count, day } from '../../lib/format';
import { LEVEL } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Fact, Facts } from '../../ui/Facts';
import { When } from '../../ui/When';
import { AsOf } from '../customers/AsOf';
import { removedThenQuery } from './api';
import { removedName } from './columns';

/** What is left of a customer that is gone: what it had at its end, and what it was on a day. */
export function RemovedDialog({ customer, onClose }: { customer: RemovedCustomer; onClose: () => void }) {
  return (
    <Dialog title={removedName(customer)} onClose={onClose}>
      <DialogBody>
        <Facts>
          <Fact name="Level">{LEVEL[customer.level]}</Fact>
          <Fact name="Added">{day(customer.created_at)}</Fact>
          {customer.deletion_scheduled_at && (
            <Fact name="Deletion decided">
              <When at={customer.deletion_scheduled_at} />
            </Fact>
          )}
          <Fact name="Gone since">
            <When at={customer.removed_at} />
          </Fact>
          <Fact name="At its end">
            {count(customer.devices)} {customer.devices === 1 ? 'device' : 'devices'}, {bytes(customer.used_bytes)}
          </Fact>
          <Fact name="Last backup">
            <When at={customer.last_backup_at} never="None" />
          </Fact>
        </Facts>
        <AsOf thenQuery={(asOf) => removedThenQuery(customer.id, asOf)} />
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Close
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

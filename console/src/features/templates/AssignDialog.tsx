import { useState } from 'react';
import { BulkDialog } from '../tasks/BulkDialog';
import { assignTemplateAction } from './bulk';

/** A template for one customer, foretold as for many. */
export function AssignDialog({ customer, onClose }: { customer: string; onClose: () => void }) {
  const [action] = useState(() => assignTemplateAction(customer));
  const selection = { kind: 'some', ids: new Set([customer]) } as const;
  return <BulkDialog action={action} selection={selection} filter={{}} onClose={onClose} onBegun={() => undefined} />;
}

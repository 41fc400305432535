import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { customerQuery } from '../features/customers/api';
import { CustomerDialogs } from '../features/customers/CustomerDialogs';
import { problemText } from '../lib/words';
import { toast } from '../ui/Toasts';
import type { VerbId } from './verbs';

export type Said = { verb: VerbId; id: string };

/** Does what was said in the command field: the dialog of that customer, over whatever page is shown, or its form. */
export function Act({ said: { verb, id }, onClose }: { said: Said; onClose: () => void }) {
  const go = useNavigate();
  const { data: customer, error } = useQuery(customerQuery(id));
  useEffect(() => {
    if (verb === 'edit') void go({ to: '/customers/$id/edit', params: { id } });
    else if (verb === 'customer') void go({ to: '/customers/new', search: { parent: id } });
    else if (error && !customer) toast(problemText(error));
    else return;
    onClose();
  }, [verb, id, error, customer, go, onClose]);
  if (!customer || verb === 'edit' || verb === 'customer') return null;
  const adds = verb === 'device' || verb === 'site' || verb === 'person';
  return (
    <CustomerDialogs
      customer={customer}
      dialog={adds ? undefined : verb}
      add={adds ? verb : undefined}
      onClose={onClose}
    />
  );
}

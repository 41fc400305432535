import { useQuery } from '@tanstack/react-query';
import { CheckField } from '../../ui/fields';
import type { Values } from '../../ui/form';
import { setupQuery } from '../sessions/api';
import type { BulkAction } from './BulkDialog';

/** Making many a link to set their password: the links stand in the results, or go out by mail. */
export function passwordLinks(noun: string): BulkAction {
  return {
    noun,
    name: 'invitation',
    title: (what) => `Make password links for ${what}`,
    initial: { by_mail: '' },
    fields: <ByMail />,
    previewed: input,
    input,
    consequences: ({ links = 0 }, { by_mail }) => [
      {
        n: links,
        text: `${links === 1 ? 'link is' : 'links are'} ${by_mail === 'yes' ? 'sent, each to its own address' : 'made, shown to you alone'}`,
      },
    ],
    unchanged: (what) => `${what}: nothing to do.`,
    hint: 'Each sets a password once, within a week. Links made before end.',
  };
}

function input({ by_mail }: Values) {
  return { by_mail: by_mail === 'yes' };
}

/** Offered only while mail leaves. */
function ByMail() {
  const enabled = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled;
  if (!enabled) return null;
  return <CheckField name="by_mail" label="Send them by mail" hint="Whoever has no address is left out and named." />;
}

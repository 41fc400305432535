import type { Invitation } from '../../api/schema';
import { exact } from '../../lib/format';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';

/** The link of an invitation, this once, to be handed to its person. */
export function InvitationShown({ invitation }: { invitation: Invitation }) {
  if (!invitation.url) return null;
  return (
    <>
      <Notice tone="warning">
        This link is shown now and not again. It works once, until {exact(invitation.expires_at)}.
      </Notice>
      <Secret
        label="Invitation link"
        text={invitation.url}
        hint={`Hand it to ${invitation.email} in a safe way: whoever has it can set the password of this account.`}
      />
    </>
  );
}

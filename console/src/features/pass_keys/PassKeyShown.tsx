import type { PassKeyCreated } from '../../api/schema';
import { counted, exact } from '../../lib/format';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';
import { commandsFor } from '../devices/commands';

type PassKeyShownProps = { passKey: PassKeyCreated; title: string; onClose: () => void };

/** A pass key, this once, and the commands that use it. */
export function PassKeyShown({ passKey, title, onClose }: PassKeyShownProps) {
  const commands = commandsFor(location.origin, passKey.pass_key);
  const limits = [
    passKey.max_uses ? `It registers ${counted(passKey.max_uses, 'device')}` : 'It registers any number of devices',
    passKey.expires_at ? `until ${exact(passKey.expires_at)}` : 'until it is revoked',
  ].join(' ');
  return (
    <Dialog title={title} onClose={onClose} secret="pass key">
      <DialogBody>
        <Notice tone="warning">This pass key is shown now and not again. {limits}.</Notice>
        <Secret label="Pass key" text={passKey.pass_key} />
        <Secret
          label="1. Register the machine"
          text={commands.register}
          hint="Run it on the machine, in a shell with curl. It sets RESTIC_REPOSITORY for the next step; the address in it is the machine’s own, and is not shown again either."
        />
        <Secret
          label="2. Create the repository and back up"
          text={commands.backup}
          hint="In the same shell, with restic 0.14 or later. restic asks for a password that encrypts the backups: without it nobody can restore them, so keep it safe."
        />
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

import { useState } from 'react';
import type { PassKeyCreated } from '../../api/schema';
import { counted, exact } from '../../lib/format';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';
import { Arrivals } from '../devices/Arrivals';
import { commandsFor, type Commands, type System } from '../devices/commands';

type PassKeyShownProps = {
  passKey: PassKeyCreated;
  title: string;
  /** Whose machines register with it. */
  customer: string;
  onClose: () => void;
};

const SYSTEMS: { system: System; name: string }[] = [
  { system: 'posix', name: 'Linux, macOS, BSD' },
  { system: 'windows', name: 'Windows' },
  { system: 'helper', name: 'With tenantry installed' },
];

const REGISTERED =
  'A refusal is told in words. It sets RESTIC_REPOSITORY for the next step; the address in it is the machine’s own, and is not shown again either.';
const BACKED_UP =
  'In the same window, with restic 0.14 or later. restic asks for a password that encrypts the backups: without it nobody can restore them, so keep it safe.';

const HINTS: Record<System, Commands> = {
  posix: { register: `Run it on the machine, in a shell with curl. ${REGISTERED}`, backup: BACKED_UP },
  windows: { register: `Run it on the machine, in PowerShell. ${REGISTERED}`, backup: BACKED_UP },
  helper: {
    register:
      'Run it on the machine; a refusal is told in words. What backups need is kept in a file that only its owner reads, and beside it a new password that encrypts the backups: without it nobody can restore them, so keep a copy. --systemd writes a nightly timer.',
    backup: 'With the restic that is installed, 0.14 or later. It tells which version runs on which system.',
  },
};

/** A pass key, this once, and the commands that use it. */
export function PassKeyShown({ passKey, title, customer, onClose }: PassKeyShownProps) {
  const [system, setSystem] = useState<System>('posix');
  const commands = commandsFor(system, location.origin, passKey.pass_key);
  const steps = HINTS[system];
  const limits = [
    passKey.max_uses ? `It registers ${counted(passKey.max_uses, 'device')}` : 'It registers any number of devices',
    passKey.expires_at ? `until ${exact(passKey.expires_at)}` : 'until it is revoked',
  ].join(' ');
  return (
    <Dialog title={title} onClose={onClose} secret="pass key">
      <DialogBody>
        <Notice tone="warning">This pass key is shown now and not again. {limits}.</Notice>
        <Secret label="Pass key" text={passKey.pass_key} />
        <div className="chips" role="group" aria-label="The machine runs">
          {SYSTEMS.map(({ system: one, name }) => (
            <button
              key={one}
              type="button"
              className="chip"
              aria-pressed={system === one}
              onClick={() => setSystem(one)}
            >
              {name}
            </button>
          ))}
        </div>
        <Secret label="1. Register the machine" text={commands.register} hint={steps.register} />
        <Arrivals under={customer} />
        <Secret label="2. Create the repository and back up" text={commands.backup} hint={steps.backup} />
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

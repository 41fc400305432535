import { Button } from '../ui/Button';
import { Check } from '../ui/Check';
import { Dialog, DialogBody, DialogFoot } from '../ui/Dialog';
import { setSingleKeys, useSingleKeys } from '../ui/singleKeys';

/** Every shortcut of the console. `single`: goes with the preference. */
const SHORTCUTS: { keys: string[]; does: string; single?: boolean }[] = [
  { keys: ['Ctrl K'], does: 'Go to a customer, device, person or page, or say what to do' },
  { keys: ['c'], does: 'Switch to another customer', single: true },
  { keys: ['/'], does: 'Search the list; Enter opens the first row, ↓ leads to the rows', single: true },
  { keys: ['f'], does: 'Open or close the filters of the list', single: true },
  { keys: ['?'], does: 'Show these shortcuts', single: true },
  { keys: ['↑', '↓'], does: 'Walk through a list or the tree' },
  { keys: ['j', 'k'], does: 'Walk through a list', single: true },
  { keys: ['x'], does: 'Select the row; with Shift all from the last one', single: true },
  { keys: ['Space'], does: 'Select the row' },
  { keys: ['Ctrl A'], does: 'Select all that the list finds' },
  { keys: ['a'], does: 'Go to what can be done with the selected rows', single: true },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['Esc'], does: 'Clear the selection, close what lies over the page' },
];

/** What the keyboard does, and whether single keys do anything at all. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const on = useSingleKeys();
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <DialogBody>
        <dl className="keys">
          {SHORTCUTS.map(({ keys, does, single }) => (
            <div key={does} data-off={(single && !on) || undefined}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>
                {does}
                {single && !on && <span className="quiet"> (switched off)</span>}
              </dd>
            </div>
          ))}
        </dl>
        <Check checked={on} onChange={setSingleKeys}>
          Shortcuts of a single key
        </Check>
        <p className="hint">
          Switch them off if you speak to the computer, or press keys by accident. This browser remembers it.
        </p>
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

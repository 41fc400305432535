import type { ErrorComponentProps } from '@tanstack/react-router';
import { useState } from 'react';
import { problemText } from '../lib/words';
import { Blank } from '../ui/Blank';
import { Button } from '../ui/Button';

/** A page failed, or the server could not be reached when it was opened. */
export function Broken({ error }: ErrorComponentProps) {
  const [busy, setBusy] = useState(false);
  const [away, setAway] = useState(false);
  const again = async () => {
    setBusy(true);
    if (await answers()) return location.reload();
    setBusy(false);
    setAway(true);
  };
  return (
    <Blank title="This page cannot be shown" whole>
      <p role="alert">{problemText(error)}</p>
      {away && <p role="status">The server does not answer. It is tried again when you press the button.</p>}
      {/* Everything anew: after an upgrade of the server, parts of the former console may be gone. */}
      <Button isPending={busy} onPress={() => void again()}>
        Load again
      </Button>
    </Blank>
  );
}

/** A reload while the server is away would end in the browser's own error page. */
async function answers(): Promise<boolean> {
  try {
    return (await fetch('/', { method: 'HEAD', cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

/** The same where not even the frame is there. */
export function Unavailable(props: ErrorComponentProps) {
  return (
    <main className="alone">
      <Broken {...props} />
    </main>
  );
}

import type { ErrorComponentProps } from '@tanstack/react-router';
import { problemText } from '../lib/words';
import { Blank } from '../ui/Blank';
import { Button } from '../ui/Button';

/** A page failed, or the server could not be reached when it was opened. */
export function Broken({ error }: ErrorComponentProps) {
  return (
    <Blank title="This page cannot be shown">
      <p role="alert">{problemText(error)}</p>
      {/* Everything anew: after an upgrade of the server, parts of the former console may be gone. */}
      <Button onPress={() => location.reload()}>Load again</Button>
    </Blank>
  );
}

/** The same where not even the frame is there. */
export function Unavailable(props: ErrorComponentProps) {
  return (
    <main className="alone">
      <Broken {...props} />
    </main>
  );
}

import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { problemText } from '../lib/words';
import { Blank } from '../ui/Blank';
import { Button } from '../ui/Button';

/** The page itself failed, or the server could not be reached when it was opened. */
export function Unavailable({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main className="alone">
      <Blank title="This page cannot be shown">
        <p role="alert">{problemText(error)}</p>
        <Button onPress={again}>Try again</Button>
      </Blank>
    </main>
  );
}

import { CloudOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { time } from '../../lib/format';
import { Button } from '../../ui/Button';
import { renewNow, useFeed } from './feed';

/** A connection that is back within this time was never missed: the first try comes after a second. */
const PATIENCE = 2500;

/** Says since when what is shown has not been renewed, while the server does not tell what happens. Goes by itself. */
export function FeedBar() {
  const { kind, renewed } = useFeed();
  return <div role="status">{kind === 'away' && <Away renewed={renewed} />}</div>;
}

function Away({ renewed }: { renewed: number }) {
  const [missed, setMissed] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setMissed(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  const again = async () => {
    setBusy(true);
    await renewNow();
    setBusy(false);
  };
  if (!missed) return null;
  return (
    <div className="feed-bar">
      <CloudOff className="icon-s" aria-hidden />
      <span>
        Not renewed since <span className="number">{time(new Date(renewed).toISOString())}</span>. The server is tried
        again by itself.
      </span>
      <Button kind="link" isPending={busy} onPress={() => void again()}>
        Try now
      </Button>
    </div>
  );
}

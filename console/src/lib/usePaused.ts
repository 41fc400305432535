import { useEffect, useState } from 'react';

const PAUSE = 250;

/** A value that follows when it has stopped changing for a moment; the first one at once. */
export function usePaused<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (Object.is(settled, value)) return undefined;
    const timer = setTimeout(() => setSettled(() => value), PAUSE);
    return () => clearTimeout(timer);
  }, [settled, value]);
  return settled;
}

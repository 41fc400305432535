import { useEffect, useState } from 'react';

const PAUSE = 150;

/** A text as it was when the typing paused, and how to have it at once. */
export function usePause(text: string): [string, (text: string) => void] {
  const [settled, settle] = useState(text);
  useEffect(() => {
    if (text === settled) return undefined;
    const timer = setTimeout(() => settle(text), text === '' ? 0 : PAUSE);
    return () => clearTimeout(timer);
  }, [text, settled]);
  return [settled, settle];
}

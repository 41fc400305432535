import { useState } from 'react';

/** A preference of this browser. */
export function useStored(key: string, initial: boolean): [boolean, (value: boolean) => void] {
  const name = `tenantry.${key}`;
  const [value, setValue] = useState(() => read(name) ?? initial);
  const store = (next: boolean) => {
    setValue(next);
    try {
      localStorage.setItem(name, String(next));
    } catch {
      // Storage is switched off: the preference holds until the page is left.
    }
  };
  return [value, store];
}

function read(name: string): boolean | undefined {
  try {
    const stored = localStorage.getItem(name);
    return stored === null ? undefined : stored === 'true';
  } catch {
    return undefined;
  }
}

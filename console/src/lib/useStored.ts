import { useState } from 'react';

/** A preference of this browser. What is stored may be of another version: `isValid` looks at it first. */
export function useStored<T>(
  key: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): [T, (value: T) => void] {
  const name = `tenantry.${key}`;
  const [value, setValue] = useState(() => read(name, isValid) ?? initial);
  const store = (next: T) => {
    setValue(() => next);
    try {
      localStorage.setItem(name, JSON.stringify(next));
    } catch {
      // Storage is switched off: the preference holds until the page is left.
    }
  };
  return [value, store];
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function read<T>(name: string, isValid: (value: unknown) => value is T): T | undefined {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(name) ?? 'null');
    return isValid(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

import { useState } from 'react';
import { useListMemory } from './memory';
import { NOTHING, type Selection } from './selection';

/** The selection of a list. It belongs to a filter: under another one it would act on rows that nobody sees. */
export function useSelection(filter: string): [Selection, (selection: Selection) => void] {
  const { recall } = useListMemory();
  const [selection, setSelection] = useState<Selection>(() => recall().selection);
  const [known, setKnown] = useState(filter);
  if (known !== filter) {
    setKnown(filter);
    setSelection(NOTHING);
  }
  return [selection, setSelection];
}

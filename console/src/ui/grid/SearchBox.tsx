import { useEffect, useState } from 'react';
import { SearchField } from '../SearchField';

type SearchBoxProps = { label: string; value: string; onChange: (text: string) => void };

const PAUSE = 200;

/** The search of a list: `/` leads to it, and the list follows when the typing pauses. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // Somebody else changed it: the back button, or "Clear the search".
    setKnown(value);
    setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => {
      setKnown(text.trim());
      onChange(text.trim());
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return <SearchField data-list-search label={label} shortcut="/" value={text} onChange={setText} />;
}

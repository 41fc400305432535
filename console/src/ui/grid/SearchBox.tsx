import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';

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
  return (
    <div className="search-box">
      <Search className="icon-s" aria-hidden />
      <input
        data-list-search
        className="input"
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <kbd aria-hidden>/</kbd>
    </div>
  );
}

import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { SearchField } from '../SearchField';
import { openFirst } from './opening';

type SearchBoxProps = { label: string; value: string; onChange: (text: string) => void };

const PAUSE = 200;

/**
 * The search of a list: `/` leads to it, the list follows when the typing pauses, Enter opens the first that it finds, and
 * an arrow leads into the list.
 */
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
  const entered = useRef<string>(undefined);
  useEffect(() => {
    // Only once the list goes by what was typed.
    if (entered.current === undefined || entered.current !== value) return;
    entered.current = undefined;
    openFirst(true);
  });
  useEffect(() => () => openFirst(false), []);
  const onKeyDown = (event: KeyboardEvent) => {
    entered.current = undefined;
    openFirst(false);
    if (event.key === 'ArrowDown' && focusRow()) return event.preventDefault();
    if (event.key !== 'Enter' || event.nativeEvent.isComposing || text.trim() === '') return;
    event.preventDefault();
    if (text.trim() === value) return openFirst(true);
    entered.current = text.trim();
    onChange(text.trim());
  };
  return (
    <SearchField data-list-search label={label} shortcut="/" value={text} onChange={setText} onKeyDown={onKeyDown} />
  );
}

/** The row that is in the tab order, or the first that there is. */
function focusRow(): boolean {
  const rows = '.grid [data-index]';
  const row = document.querySelector<HTMLElement>(`${rows}[tabindex="0"]`) ?? document.querySelector<HTMLElement>(rows);
  row?.focus();
  return row !== null;
}

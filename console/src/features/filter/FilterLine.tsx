import { CircleAlert, ListFilter, X } from 'lucide-react';
import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { IconButton } from '../../ui/Button';
import { accept, complete, type Completion } from './completion';
import { faultOf, placeOf, type Fault } from './language';
import { useVocabulary } from './useVocabulary';
import { exampleOf, type Noun } from './words';

type FilterLineProps = {
  noun: Noun;
  filter: string;
  /** What the server says about it. */
  refusals: string[];
  /** How many characters stand before it in what the server was sent. */
  shift: number;
  onChange: (filter: string) => void;
};

const LONGEST = 4000;

/** The filter as text, to be read, changed, and written by hand. It holds once Enter is pressed or the field is left. */
export function FilterLine({ noun, filter, refusals, shift, onChange }: FilterLineProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filter);
  const [known, setKnown] = useState(filter);
  if (known !== filter) {
    setKnown(filter);
    setText(filter);
  }
  const apply = (next: string) => {
    if (next.trim() !== filter) onChange(next.trim());
  };
  const list = useCompletion(noun, text, input, id, setText);
  const faults = text.trim() === filter ? refusals.map((detail) => faultOf(detail, shift)) : [];

  /** Puts what was probably meant in the place of what was typed. */
  const use = (fault: Fault) => {
    if (fault.at === undefined || fault.meant === undefined) return;
    const { from, to } = placeOf(text, fault.at);
    const next = text.slice(0, from) + fault.meant + text.slice(to);
    setText(next);
    apply(next);
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (list.onKeyDown(event)) event.preventDefault();
    else if (event.key === 'Enter') {
      event.preventDefault();
      list.close();
      apply(text);
    }
  };
  return (
    <div className="filter-line">
      <div className="filter-field">
        <ListFilter className="icon-s" aria-hidden />
        <input
          ref={input}
          className="input"
          role="combobox"
          aria-label="Filter as text"
          aria-autocomplete="list"
          aria-expanded={list.open}
          aria-controls={`${id}-list`}
          aria-activedescendant={list.active}
          aria-invalid={faults.length > 0 || undefined}
          aria-describedby={faults.length > 0 ? `${id}-faults` : `${id}-hint`}
          placeholder={`e.g. ${exampleOf(noun)}`}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            list.typed();
          }}
          onSelect={list.moved}
          onKeyDown={onKeyDown}
          onBlur={() => {
            list.close();
            apply(text);
          }}
        />
        {text !== '' && (
          <IconButton
            size="s"
            label="Clear the filter"
            onPress={() => {
              setText('');
              apply('');
              input.current?.focus();
            }}
          >
            <X className="icon-s" aria-hidden />
          </IconButton>
        )}
        {list.view}
      </div>
      <p className="hidden-text" id={`${id}-hint`}>
        Enter applies it. The arrow down lists what may come next.
      </p>
      {text.trim() !== filter && !list.open && <p className="hint">Enter applies it.</p>}
      {faults.length > 0 && (
        <div className="filter-faults" id={`${id}-faults`} role="alert">
          {faults.map((fault) => (
            <FaultLine
              key={`${fault.at ?? ''} ${fault.what}`}
              text={text}
              fault={fault}
              onShow={(from, to) => {
                input.current?.focus();
                input.current?.setSelectionRange(from, to);
              }}
              onUse={() => use(fault)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

type FaultLineProps = { text: string; fault: Fault; onShow: (from: number, to: number) => void; onUse: () => void };

/** So much of the text is shown on either side of what is wrong. */
const AROUND = 24;

/** What is wrong, and where: the place is marked in the text around it. */
function FaultLine({ text, fault, onShow, onUse }: FaultLineProps) {
  const place = fault.at === undefined ? undefined : placeOf(text, fault.at);
  const before = place ? text.slice(Math.max(place.from - AROUND, 0), place.from) : '';
  const behind = place ? text.slice(place.to, place.to + AROUND) : '';
  return (
    <div className="filter-fault">
      <CircleAlert className="icon-s" aria-hidden />
      <span>
        {fault.what}{' '}
        {fault.meant !== undefined && place && (
          <button type="button" className="button" data-kind="link" onClick={onUse}>
            Use {fault.meant}
          </button>
        )}
      </span>
      {place && (
        <button type="button" className="filter-place" onClick={() => onShow(place.from, place.to)}>
          <span className="hidden-text">Show the place: </span>
          {place.from > AROUND && '…'}
          {before}
          <mark>{text.slice(place.from, place.to) || ' '}</mark>
          {behind}
          {place.to + AROUND < text.length && '…'}
        </button>
      )}
    </div>
  );
}

/** What may come next, below the place where it would stand. Arrows choose, Tab and Enter take, Escape closes. */
function useCompletion(
  noun: Noun,
  text: string,
  input: React.RefObject<HTMLInputElement | null>,
  id: string,
  setText: (text: string) => void,
) {
  const vocabulary = useVocabulary(noun);
  const [wanted, setWanted] = useState(false);
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(-1);
  const put = useRef<number>(undefined);
  const found = useMemo(() => complete(text, caret, vocabulary), [text, caret, vocabulary]);
  const open = wanted && found.items.length > 0;

  // The caret goes where typing goes on, once the text stands there.
  useLayoutEffect(() => {
    if (put.current === undefined) return;
    input.current?.setSelectionRange(put.current, put.current);
    put.current = undefined;
  });

  const look = () => setCaret(input.current?.selectionStart ?? 0);
  const close = () => {
    setWanted(false);
    setChosen(-1);
  };
  const take = (completion: Completion) => {
    const [next, at] = accept(text, found, completion);
    put.current = at;
    setText(next);
    setCaret(at);
    setChosen(-1);
    setWanted(true);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const last = found.items.length - 1;
    switch (event.key) {
      case 'ArrowDown':
        if (!open) {
          look();
          setWanted(true);
        } else setChosen(chosen === last ? 0 : chosen + 1);
        return true;
      case 'ArrowUp':
        if (open) setChosen(chosen <= 0 ? last : chosen - 1);
        return open;
      case 'Escape':
        if (open) close();
        return open;
      case 'Enter': {
        const item = found.items[chosen];
        if (open && item) take(item);
        return open && item !== undefined;
      }
      case 'Tab': {
        // With nothing begun and nothing chosen it leads on, as everywhere.
        const item = found.items[chosen] ?? (found.to > found.from ? found.items[0] : undefined);
        if (!open || event.shiftKey || !item) return false;
        take(item);
        return true;
      }
      default:
        return false;
    }
  };
  const option = (at: number) => `${id}-option-${at}`;
  const active = open && chosen >= 0 ? option(chosen) : undefined;
  useLayoutEffect(() => {
    if (active) document.getElementById(active)?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const view = (
    <div
      id={`${id}-list`}
      className="popover filter-completions"
      role="listbox"
      aria-label="What may come next"
      hidden={!open}
      style={{ '--at': `${Math.max(found.from - scrolledOf(input.current), 0)}ch` }}
    >
      {open &&
        found.items.map((item, at) => (
          <div
            key={item.insert}
            id={option(at)}
            role="option"
            aria-selected={at === chosen}
            className="menu-item"
            data-focused={at === chosen || undefined}
            // A press would take the focus from the field, and with it close the list.
            onMouseDown={(event) => event.preventDefault()}
            onMouseUp={() => take(item)}
          >
            <code>{item.label}</code>
            {item.hint && <span className="menu-item-end">{item.hint}</span>}
          </div>
        ))}
    </div>
  );
  const typed = () => {
    look();
    setChosen(-1);
    setWanted(true);
  };
  return { open, active, close, onKeyDown, typed, moved: look, view };
}

/** How many characters have left the field at its beginning. */
function scrolledOf(input: HTMLInputElement | null): number {
  if (!input || input.value.length === 0) return 0;
  return Math.round((input.scrollLeft / Math.max(input.scrollWidth, 1)) * input.value.length);
}

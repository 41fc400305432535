import { ChevronDown } from 'lucide-react';
import { use, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import {
  Button,
  ComboBox,
  ComboBoxStateContext,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
} from 'react-aria-components';
import { flushSync } from 'react-dom';
import { problemText } from '../../lib/words';
import { Labelled, describe } from '../fields';
import { useFormField } from '../form';
import type { Choice, Meaning } from './match';
import { useSource, type Source } from './source';
import { whenReleased } from '../whenReleased';

type PickFieldProps = {
  name: string;
  label: string;
  /** What one of them is called: "country". */
  noun: string;
  hint?: ReactNode;
  optional?: boolean;
  source: Source;
  /** What is chosen to begin with, where the source has to be asked for it. */
  initial?: Choice | undefined;
  autoFocus?: boolean;
};

type Picked = { text: string; choice: Choice | undefined };

/**
 * One of many, found by typing. What is shown and what is sent can't differ: a text that was typed has no value until
 * it is known to mean one choice, which is found out when the field is left, by Enter, and before the form is sent. A
 * text that doesn't stays, with what is wrong below it, and holds the form back.
 */
export function PickField({ name, label, noun, hint, optional, source, initial, autoFocus = false }: PickFieldProps) {
  const { form, id, problem, value, set } = useFormField(name);
  const { attach, complain, draft } = form;
  const [picked, setPicked] = useState<Picked>(() => startOf(value, source, initial));
  if (value !== (picked.choice?.id ?? '')) setPicked(startOf(value, source, undefined));
  // What was typed a moment ago counts before it is rendered.
  const now = useRef(picked);
  useLayoutEffect(() => {
    now.current = picked;
  }, [picked]);

  const put = (next: Picked) => {
    now.current = next;
    setPicked(next);
    set(next.choice?.id ?? '');
    draft(name, next.choice ? '' : next.text);
  };
  const choose = (choice: Choice) => put({ text: choice.name, choice });
  const type = (text: string) => {
    if (text !== now.current.text) put({ text, choice: undefined });
  };

  // A name that was chosen is no search: the list offers the others, too.
  const found = useSource(source, picked.choice ? '' : picked.text);

  const settle = (): Promise<string | undefined> | string | undefined => {
    const { text, choice } = now.current;
    if (choice || text.trim() === '') return undefined;
    const conclude = (meaning: Meaning) => {
      // Typed on while it was looked up: that is for the next time.
      if (now.current.text !== text) return undefined;
      if (meaning.kind !== 'one' || meaning.choice.refusal) return problemOf(meaning, text, noun);
      choose(meaning.choice);
      return undefined;
    };
    const meaning = found.meaning(text);
    if (!(meaning instanceof Promise)) return conclude(meaning);
    // What depends on the choice is rendered before anything is sent.
    return meaning.then((late) => flushSync(() => conclude(late)), problemText);
  };
  const latest = useRef(settle);
  useLayoutEffect(() => {
    latest.current = settle;
  });
  useEffect(() => attach(name, () => latest.current()), [attach, name]);

  const settleAtOnce = () => {
    if (source.choices && !now.current.choice) void latest.current();
  };

  const settleNow = async () => {
    const { text, choice } = now.current;
    if (choice) return;
    const wrong = await settle();
    if (now.current.text === text && wrong) complain(name, wrong);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // What follows from the choice stands behind this field: it has to be there before the focus moves on.
    if (event.key === 'Tab') return flushSync(() => void settleAtOnce());
    if (event.key !== 'Enter' || event.currentTarget.hasAttribute('aria-activedescendant')) return;
    const { text, choice } = now.current;
    if (choice || text.trim() === '') return;
    // It chooses, and neither the list nor the form may make something else of it.
    event.preventDefault();
    event.stopPropagation();
    void settleNow();
  };

  return (
    <Labelled id={id} label={label} hint={hint} optional={optional} problem={problem}>
      <ComboBox
        autoFocus={autoFocus}
        aria-label={label}
        items={found.choices}
        selectedKey={picked.choice?.id ?? null}
        onSelectionChange={(key) => {
          const choice = found.choices.find((candidate) => candidate.id === key);
          if (choice) choose(choice);
        }}
        inputValue={picked.text}
        onInputChange={type}
        onBlur={() => whenReleased(() => void settleNow())}
        disabledKeys={found.choices.filter(({ refusal }) => refusal).map((choice) => choice.id)}
        menuTrigger="manual"
        allowsCustomValue
        allowsEmptyCollection
      >
        <Label className="hidden-text">{label}</Label>
        <PickInput
          id={id}
          label={label}
          required={!optional}
          onKeyDown={onKeyDown}
          description={describe(id, hint, problem)}
        />
        <Popover className="popover" offset={4}>
          <ListBox<Choice>
            className="list-box"
            renderEmptyState={() => (
              <p className="menu-heading">
                {found.looking ? 'Looking…' : problemOf({ kind: 'none' }, picked.text, noun)}
              </p>
            )}
          >
            {(choice) => (
              <ListBoxItem id={choice.id} textValue={choice.name} className="menu-item">
                <span className="menu-item-text">
                  <span>{choice.name}</span>
                  {choice.refusal && <span className="hint">{choice.refusal}</span>}
                </span>
                {choice.detail && <span className="menu-item-end">{choice.detail}</span>}
              </ListBoxItem>
            )}
          </ListBox>
          {found.more && <p className="menu-heading">There are more: type more of the name.</p>}
        </Popover>
      </ComboBox>
    </Labelled>
  );
}

type PickInputProps = {
  id: string;
  label: string;
  required: boolean;
  onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => void;
  description: ReturnType<typeof describe>;
};

/** Opens the list while something is typed, and only then: a name that was chosen must not open it again. */
function PickInput({ id, label, required, onKeyDown, description }: PickInputProps) {
  const state = use(ComboBoxStateContext);
  return (
    <div className="pick">
      <Input
        id={id}
        className="input"
        autoComplete="off"
        aria-required={required}
        onKeyDownCapture={onKeyDown}
        onKeyDown={(event) => {
          // It closed the list; the dialog around it stays.
          if (event.key === 'Escape' && state?.isOpen) event.stopPropagation();
        }}
        onInput={() => state?.open(null, 'input')}
        {...description}
      />
      <Button className="pick-open" aria-label={`Show choices for ${label}`}>
        <ChevronDown className="icon-s" aria-hidden />
      </Button>
    </div>
  );
}

function startOf(value: string, source: Source, initial: Choice | undefined): Picked {
  if (value === '') return { text: '', choice: undefined };
  const choice = initial?.id === value ? initial : source.choices?.find(({ id }) => id === value);
  return { text: choice?.name ?? value, choice: choice ?? { id: value, name: value } };
}

function problemOf(meaning: Meaning, text: string, noun: string): string {
  const wanted = text.trim();
  switch (meaning.kind) {
    case 'one':
      return `${meaning.choice.name}: ${meaning.choice.refusal ?? ''}`;
    case 'none':
      return `No ${noun} here is called “${wanted}”.`;
    case 'many':
      return meaning.alike
        ? `More than one is called “${wanted}”: choose from the list.`
        : `More than one fits “${wanted}”: type more of the name, or choose from the list.`;
  }
}

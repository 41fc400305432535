import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, useFilter } from 'react-aria-components';
import { Labelled, describe } from './fields';
import { useFormField } from './form';

export type Choice = { id: string; name: string; detail?: string };

type PickFieldProps = {
  name: string;
  label: string;
  hint?: ReactNode;
  optional?: boolean;
  choices: Choice[];
  /** The text typed; where it is given, the list was narrowed by whoever provides it. */
  text?: string;
  onText?: (text: string) => void;
  none?: string;
};

/** One of many, found by typing. */
export function PickField({
  name,
  label,
  hint,
  optional,
  choices,
  text,
  onText,
  none = 'Nothing matches.',
}: PickFieldProps) {
  const { id, problem, value, set } = useFormField(name);
  const narrowed = onText !== undefined;
  const { contains } = useFilter({ sensitivity: 'base' });
  /** Takes what was typed where it can mean one choice only. A narrowed list is not all there is, so it can't tell. */
  const take = (input: HTMLInputElement) => {
    if (narrowed || input.hasAttribute('aria-activedescendant')) return;
    const choice = meant(choices, input.value.trim(), contains);
    if (choice && choice.id !== value) set(choice.id);
  };
  return (
    <Labelled id={id} label={label} hint={hint} optional={optional} problem={problem}>
      <ComboBox
        aria-label={label}
        items={narrowed ? choices : undefined}
        defaultItems={narrowed ? undefined : choices}
        selectedKey={value || null}
        onSelectionChange={(key) => set(key === null ? '' : String(key))}
        inputValue={text}
        onInputChange={onText}
        allowsEmptyCollection
      >
        <Label className="hidden-text">{label}</Label>
        <div className="pick">
          <Input
            id={id}
            className="input"
            autoComplete="off"
            onKeyDownCapture={(event) => {
              if (event.key === 'Enter' || event.key === 'Tab') take(event.currentTarget);
            }}
            onBlurCapture={(event) => take(event.currentTarget)}
            {...describe(id, hint, problem)}
          />
          <Button className="pick-open" aria-label={`Show choices for ${label}`}>
            <ChevronDown className="icon-s" aria-hidden />
          </Button>
        </div>
        <Popover className="popover" offset={4}>
          <ListBox<Choice> className="list-box" renderEmptyState={() => <p className="menu-heading">{none}</p>}>
            {(choice) => (
              <ListBoxItem id={choice.id} textValue={choice.name} className="menu-item">
                <span className="menu-item-text">
                  <span>{choice.name}</span>
                </span>
                {choice.detail && <span className="menu-item-end">{choice.detail}</span>}
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
    </Labelled>
  );
}

/** The choice of exactly this name or id, ignoring case, or else the only one that fits. */
function meant(choices: Choice[], text: string, fits: (name: string, part: string) => boolean): Choice | undefined {
  if (text === '') return undefined;
  const wanted = text.toLowerCase();
  const exact = choices.filter(({ id, name }) => name.toLowerCase() === wanted || id.toLowerCase() === wanted);
  const found = exact.length > 0 ? exact : choices.filter(({ name }) => fits(name, text));
  return found.length === 1 ? found[0] : undefined;
}

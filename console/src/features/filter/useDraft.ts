import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';

const PAUSE = 500;

type Draft = {
  text: string;
  /** It was left, and means nothing. */
  wrong: boolean;
  props: {
    value: string;
    onChange: (event: { target: { value: string } }) => void;
    onBlur: () => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
};

/**
 * What is typed into a field of the pane: it holds when the typing pauses, with Enter, and when the field is left.
 * `meaning` says what a text stands for; `undefined`: nothing, so that it holds nothing back and changes nothing.
 */
export function useDraft(
  value: string,
  meaning: (text: string) => string | undefined,
  commit: (value: string) => void,
): Draft {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const [wrong, setWrong] = useState(false);
  if (known !== value) {
    setKnown(value);
    // Written another way by whoever types, it stays as it is.
    if (meaning(text) !== value) setText(value);
  }
  const settle = (isLeft: boolean) => {
    const meant = text.trim() === '' ? '' : meaning(text);
    if (isLeft) setWrong(meant === undefined);
    if (meant !== undefined && meant !== value) commit(meant);
  };
  const latest = useRef(settle);
  useLayoutEffect(() => {
    latest.current = settle;
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    text,
    wrong,
    props: {
      value: text,
      onChange: (event) => {
        setText(event.target.value);
        setWrong(false);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => latest.current(false), PAUSE);
      },
      onBlur: () => settle(true),
      onKeyDown: (event) => {
        if (event.key === 'Enter') settle(true);
      },
    },
  };
}

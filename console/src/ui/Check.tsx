import { useId, type ReactNode } from 'react';

type CheckProps = { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode };

/** Yes or no, at once: what is not part of a form. */
export function Check({ checked, onChange, children }: CheckProps) {
  const id = useId();
  return (
    <span className="check">
      <input
        id={id}
        type="checkbox"
        className="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{children}</label>
    </span>
  );
}

import { Check } from 'lucide-react';
import type { ReactNode } from 'react';

/** What comes next, in any order. */
export function Steps({ children }: { children: ReactNode }) {
  return <ul className="steps">{children}</ul>;
}

type StepProps = { icon: ReactNode; title: string; done?: boolean; action?: ReactNode; children: ReactNode };

export function Step({ icon, title, done = false, action, children }: StepProps) {
  return (
    <li className="step">
      {icon}
      <div>
        <h2>
          {title}
          {done && <Check className="icon-s step-done" role="img" aria-label="Done" />}
        </h2>
        <p className="quiet">{children}</p>
      </div>
      {action}
    </li>
  );
}

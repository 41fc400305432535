import type { ReactNode } from 'react';
import { useTitle } from '../../ui/useTitle';

/** A page outside of the frame: one box in the middle. */
export function Alone({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <main className="alone">
      <div className="alone-box">
        <p className="brand">
          <span className="brand-mark" aria-hidden>
            T
          </span>
          <span className="brand-name">Tenantry</span>
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

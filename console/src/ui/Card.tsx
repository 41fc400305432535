import type { ReactNode } from 'react';

/** A part of a page under a title; `end` stands across from it. */
export function Card({ title, end, children }: { title: string; end?: ReactNode; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <header className="card-head">
        <h2>{title}</h2>
        {end}
      </header>
      {children}
    </section>
  );
}

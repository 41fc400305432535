import { count } from '../lib/format';

export type Consequence = { n: number; text: string };

/** What follows, in numbers. What does not is not told. */
export function Consequences({ list, none }: { list: Consequence[]; none: string }) {
  const told = list.filter(({ n }) => n > 0);
  if (told.length === 0) return <p>{none}</p>;
  return (
    <ul className="consequences">
      {told.map(({ n, text }) => (
        <li key={text}>
          <b>{count(n)}</b>
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}

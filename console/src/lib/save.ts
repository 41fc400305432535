/** Saving what was edited, where an answer may get lost. Pure, but for what it is given to ask. */

import { isCode, Unreachable } from '../api/client';

export type Saving<Row, Values> = {
  /** Sends what differs between the two. */
  update: (base: Row, values: Values) => Promise<Row>;
  latest: () => Promise<Row>;
  /** Whether a row is as these values want it, as far as that is certain. */
  isSaved: (row: Row, values: Values) => boolean;
  /** Whether what was sent once made the row what it is, and the values now can be sent upon it. */
  follows: (row: Row, sent: Values, values: Values) => boolean;
};

/** Somebody else has changed it in the meantime. */
export class Stale<Row> extends Error {
  readonly latest: Row;

  constructor(cause: unknown, latest: Row) {
    super('It was changed in the meantime.', { cause });
    this.name = 'Stale';
    this.latest = latest;
  }
}

/**
 * Saves an edit. `unanswered` belongs to the form: what was sent and never answered may have been saved nevertheless, and
 * is then what made the version stale. Nobody else is blamed for that.
 */
export async function save<Row, Values>(
  saving: Saving<Row, Values>,
  base: Row,
  values: Values,
  unanswered: Values[],
): Promise<Row> {
  try {
    return await saving.update(base, values);
  } catch (error) {
    if (error instanceof Unreachable) unanswered.push(values);
    if (!isCode(error, 'version_stale')) throw error;
    const latest = await saving.latest();
    if (saving.isSaved(latest, values)) return latest;
    if (!unanswered.some((sent) => saving.follows(latest, sent, values))) throw new Stale(error, latest);
    return save(saving, latest, values, unanswered);
  }
}

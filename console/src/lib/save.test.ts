import { expect, test } from 'vitest';
import { ApiError, Unreachable } from '../api/client';
import { save, Stale, type Saving } from './save';

type Row = { version: number; name: string; phone: string };
type Values = { name: string; phone: string };

const stale = () =>
  new ApiError({ type: '', title: '', status: 412, code: 'version_stale', detail: 'x', request_id: 'r' });

/** A server with one row. */
function serverWith(row: Row) {
  const server = { row, losesAnswer: false, updates: 0 };
  const isSame = (now: Row, { name, phone }: Values) => now.name === name && now.phone === phone;
  const saving: Saving<Row, Values> = {
    update: async (base, values) => {
      server.updates += 1;
      if (base.version !== server.row.version) throw stale();
      const differing = Object.entries(values).filter(([field, value]) => base[field as keyof Values] !== value);
      server.row = { ...server.row, ...Object.fromEntries(differing), version: server.row.version + 1 };
      if (server.losesAnswer) throw new Unreachable(undefined);
      return server.row;
    },
    latest: async () => server.row,
    isSaved: isSame,
    follows: isSame,
  };
  return { server, saving };
}

const began: Row = { version: 1, name: 'Acme', phone: '1' };

test('what is saved is saved', async () => {
  const { saving } = serverWith(began);
  expect(await save(saving, began, { name: 'New', phone: '1' }, [])).toMatchObject({ name: 'New', version: 2 });
});

test('what was saved without an answer is not saved twice', async () => {
  const { server, saving } = serverWith(began);
  const unanswered: Values[] = [];
  server.losesAnswer = true;
  const values = { name: 'New', phone: '1' };
  await expect(save(saving, began, values, unanswered)).rejects.toThrow(Unreachable);
  server.losesAnswer = false;
  expect(await save(saving, began, values, unanswered)).toMatchObject({ name: 'New', version: 2 });
});

test('what was edited since is sent upon what was saved without an answer', async () => {
  const { server, saving } = serverWith(began);
  const unanswered: Values[] = [];
  server.losesAnswer = true;
  await expect(save(saving, began, { name: 'New', phone: '1' }, unanswered)).rejects.toThrow(Unreachable);
  server.losesAnswer = false;
  expect(await save(saving, began, { name: 'Newer', phone: '2' }, unanswered)).toEqual({
    version: 3,
    name: 'Newer',
    phone: '2',
  });
});

test('what somebody else has changed is told, with what it is now', async () => {
  const { server, saving } = serverWith(began);
  server.row = { version: 2, name: 'Acme', phone: '9' };
  const refused = save(saving, began, { name: 'New', phone: '1' }, []);
  await expect(refused).rejects.toThrow(Stale);
  await expect(refused).rejects.toMatchObject({ latest: { phone: '9' } });
  expect(server.updates).toBe(1);
});

test('a lost answer is no excuse where somebody else changed it, too', async () => {
  const { server, saving } = serverWith(began);
  const unanswered: Values[] = [];
  server.losesAnswer = true;
  await expect(save(saving, began, { name: 'New', phone: '1' }, unanswered)).rejects.toThrow(Unreachable);
  server.losesAnswer = false;
  server.row = { ...server.row, version: 3, phone: '9' };
  await expect(save(saving, began, { name: 'Newer', phone: '1' }, unanswered)).rejects.toThrow(Stale);
});

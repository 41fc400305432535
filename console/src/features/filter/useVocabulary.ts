import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Field } from '../../api/schema';
import { countries } from '../../lib/countries';
import { storageLocationsQuery } from '../customers/api';
import { fieldsQuery } from './api';
import type { Vocabulary } from './completion';
import { inOrder, titleOf, valueName, type Noun } from './words';

const NO_FIELDS: Field[] = [];

/** The storage locations' names by their ids. */
export function usePlaces(): ReadonlyMap<string, string> {
  const locations = useQuery(storageLocationsQuery()).data;
  return useMemo(() => new Map(locations?.map(({ id, name }) => [id, name])), [locations]);
}

/** What can be asked of a list, and in which words. */
export function useVocabulary(noun: Noun): Vocabulary {
  const fields = useQuery(fieldsQuery(noun)).data ?? NO_FIELDS;
  const places = usePlaces();
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  return useMemo(
    () => ({
      fields: inOrder(noun, fields),
      title: (name) => titleOf(noun, name),
      values: (field) => {
        const named = (values: Iterable<string>) =>
          [...values].map((value) => ({ value, name: valueName(field, value, places) }));
        if (field.kind === 'code') return countries().map(({ code, name }) => ({ value: code, name }));
        if (field.kind === 'flag') return named(['true', 'false']);
        if (field.name === 'storage_location_id') return named(places.keys());
        return named(field.values);
      },
      today,
    }),
    [noun, fields, places, today],
  );
}

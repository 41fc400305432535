/** Kinds of customers, as forms offer them. */
export const KINDS = [
  { value: '', label: 'None', hint: 'Everything can be done to it.' },
  {
    value: 'managed',
    label: 'Managed here',
    hint: 'Its licences, templates, policies and firmware are run from here; it is not deleted while it is.',
  },
  {
    value: 'self_managed',
    label: 'Self-managed',
    hint: 'It runs its licences and settings itself; it can be deleted.',
  },
];

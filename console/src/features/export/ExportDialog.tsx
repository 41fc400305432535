import { useEffect, useRef, useState } from 'react';
import type { ViewNoun } from '../../api/schema';
import { download } from '../../lib/download';
import { count, counted, countedTo } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { ChoiceField } from '../../ui/fields';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { sizeOf, type Selection } from '../../ui/grid/selection';
import type { RowWindow } from '../../ui/grid/useWindow';
import { toast } from '../../ui/Toasts';
import type { Narrowing } from '../tasks/selection';
import { fetchFile, type Format } from './download';
import './export.css';

const ROWS: Record<ViewNoun, [string, string]> = {
  customers: ['customer', 'customers'],
  devices: ['device', 'devices'],
  users: ['person', 'people'],
};

type ExportDialogProps = {
  noun: ViewNoun;
  narrowing: Narrowing;
  sort: string;
  /** Without it all of the list. */
  selection: Selection | undefined;
  total: Pick<RowWindow<unknown>, 'total' | 'beyond'>;
  /** The fields of the columns that are shown. */
  columns: string[];
  onClose: () => void;
};

/** Takes a list away as a file. While it arrives it says how far it is; closing the dialog stops it. */
export function ExportDialog({ noun, narrowing, sort, selection, total, columns, onClose }: ExportDialogProps) {
  const [one, many] = ROWS[noun];
  const size = selection ? sizeOf(selection, total.total) : total.total;
  const isMore = total.beyond && selection?.kind !== 'some';
  const what = isMore ? `${countedTo(total)} ${many}` : counted(size, one, many);
  const [rows, setRows] = useState(0);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const form = useForm({
    initial: { format: 'csv', columns: 'shown' },
    send: async ({ format = 'csv', columns: which }) => {
      const wanted = {
        noun,
        format: format as Format,
        columns: which === 'shown' ? columns : undefined,
        narrowing,
        sort,
        selection,
      };
      const { signal } = (stop.current = new AbortController());
      let arrived = 0;
      const onRows = (now: number) => {
        arrived = now;
        setRows(now);
      };
      const file = await fetchFile(wanted, onRows, signal);
      download(file.name, file);
      onClose();
      toast(`${counted(arrived, one, many)} exported to ${file.name}`);
    },
    explain: (error) => (stop.current?.signal.aborted ? undefined : problemText(error)),
  });
  return (
    <Dialog title={`Export ${what}`} onClose={onClose}>
      <FormView form={form} label="Export" className="dialog-form">
        <DialogBody>
          <FormSummary />
          {form.busy ? (
            <div className="export-progress">
              <progress
                aria-label="Rows that have arrived"
                max={isMore ? undefined : size}
                value={isMore ? undefined : rows}
              />
              <p className="number" role="status">
                {isMore ? `${count(rows)} rows` : `${count(rows)} of ${counted(size, 'row')}`}
              </p>
            </div>
          ) : (
            <>
              <ChoiceField
                name="format"
                label="Form"
                options={[
                  {
                    value: 'csv',
                    label: 'CSV',
                    hint: 'For spreadsheets. Texts that would be formulas begin with an apostrophe.',
                  },
                  { value: 'jsonl', label: 'JSON lines', hint: 'For programs: an object in each line.' },
                ]}
              />
              <ChoiceField
                name="columns"
                label="Columns"
                options={[
                  { value: 'shown', label: 'Those that are shown', hint: 'With the id and the path of each row.' },
                  { value: 'all', label: 'All that there are' },
                ]}
              />
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Export {what}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

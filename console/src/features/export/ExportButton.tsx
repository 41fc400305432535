import { Download } from 'lucide-react';
import { Button } from '../../ui/Button';

/** Opens the dialog in which a list, or what is selected of it, is taken away as a file. */
export function ExportButton({ onPress }: { onPress: () => void }) {
  return (
    <Button size="s" aria-label="Export" onPress={onPress}>
      <Download className="icon-s" aria-hidden />
      <span className="view-word">Export</span>
    </Button>
  );
}

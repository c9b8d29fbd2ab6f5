/** Copies text; also where the clipboard's interface is missing, as it is on pages of plain http. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    // The old way has no successor where the new one is not allowed.
    const copied = (document as unknown as { execCommand(name: string): boolean }).execCommand('copy');
    area.remove();
    return copied;
  }
}

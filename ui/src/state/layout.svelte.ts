// How the person likes the frame. It lives in the webview's own storage: losing it loses nothing.

class Layout {
  narrow = $state(read("sidebar") === "narrow");
  inspector = $state(Number(read("inspector")) || 420);

  setNarrow(narrow: boolean): void {
    this.narrow = narrow;
    write("sidebar", narrow ? "narrow" : "wide");
  }

  setInspector(width: number): void {
    this.inspector = width;
    write("inspector", String(width));
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(`tidemark.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`tidemark.${key}`, value);
  } catch {
    // Storage may be off; the layout then lasts until the window closes.
  }
}

export const layout = new Layout();

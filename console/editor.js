// The editor of criteria: completion from the attribute catalogue, marks where the API found something wrong.
import {
  Compartment, EditorState, EditorView, HighlightStyle, SQLDialect, acceptCompletion, autocompletion, bracketMatching, closeBrackets, closeBracketsKeymap,
  completionKeymap, defaultKeymap, drawSelection, highlightSpecialChars, history, historyKeymap, keymap, lintKeymap, placeholder, setDiagnostics, sql, syntaxHighlighting, tags,
} from "./vendor/codemirror.js";

const KEYWORDS = "and or not in is null between like ilike true false case when then else end";
const dialect = SQLDialect.define({ keywords: KEYWORDS, builtin: "abs coalesce greatest least lower upper round length", types: "", doubleQuotedStrings: false, unquotedBitLiterals: false });
const look = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" }, { tag: tags.bool, color: "var(--accent)", fontWeight: "600" }, { tag: tags.null, color: "var(--accent)", fontWeight: "600" },
  { tag: tags.string, color: "var(--warn)" }, { tag: tags.number, color: "var(--good)" }, { tag: tags.comment, color: "var(--soft)" },
]);
const theme = EditorView.theme({
  "&": { color: "var(--ink)", background: "transparent", fontSize: ".95rem" }, "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace", padding: ".6rem .3rem", caretColor: "var(--ink)", minHeight: "4rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" }, ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { background: "var(--accent-soft) !important" },
  ".cm-tooltip": { background: "var(--paper)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: ".4rem" }, ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionInfo": { maxWidth: "22rem", padding: ".5rem .7rem", fontFamily: "system-ui, sans-serif" }, ".cm-completionDetail": { color: "inherit", opacity: ".8" },
  ".cm-placeholder": { color: "var(--soft)" }, ".cm-matchingBracket": { background: "var(--accent-soft) !important" }, ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
});

/** Text typed over a selection is put in here: the browser would carry the old text's look over in style attributes, which the page's rules refuse. */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (empty || event.inputType !== "insertText" || event.data == null || event.isComposing || view.composing) return false;
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert))) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

class CriteriaEditor extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    const root = this.attachShadow({ mode: "open" }); // its styles then stand in the shadow, where the page's rules on styles allow them
    this.editing = new Compartment();
    const complete = (context) => {
      const word = context.matchBefore(/[\w.]+/);
      if (!word && !context.explicit) return null;
      const known = (this.attributes_ ?? []).map((a) => ({ label: a.name, type: "property", detail: `${a.type.toLowerCase()}${a.unit ? `, ${a.unit}` : ""}`, info: `${a.meaning}. Example: ${a.example}` }));
      const keys = KEYWORDS.split(" ").map((name) => ({ label: name.toUpperCase(), type: "keyword", boost: -1 }));
      return { from: word?.from ?? context.pos, options: [...known, ...keys], validFor: /^[\w.]*$/ };
    };
    this.view = new EditorView({
      root, parent: root,
      state: EditorState.create({ doc: this.initial ?? "", extensions: [
        highlightSpecialChars(), history(), drawSelection(), bracketMatching(), closeBrackets(), sql({ dialect }), syntaxHighlighting(look), theme, EditorView.lineWrapping, typedOver,
        autocompletion({ override: [complete], icons: false }), placeholder("lifecycle = 'lapsed' AND days_since_purchase > 150"),
        keymap.of([{ key: "Tab", run: acceptCompletion }, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
        EditorView.contentAttributes.of({ "aria-label": this.getAttribute("label") ?? "Criteria", "aria-multiline": "true", spellcheck: "false" }),
        this.editing.of(EditorView.editable.of(!this.hasAttribute("readonly"))),
        EditorView.updateListener.of((update) => { if (update.docChanged) this.dispatchEvent(new Event("change")); }),
      ] }),
    });
  }

  get value() {
    return this.view ? this.view.state.doc.toString() : this.initial ?? "";
  }

  set value(text) {
    if (this.view) this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    else this.initial = text;
  }

  /** What completion offers: the attribute catalogue. */
  set catalogue(list) {
    this.attributes_ = list;
  }

  /** Show where the criterion is wrong; position -1: as a whole; no text: nothing is wrong. */
  mark(text, position = -1) {
    const length = this.view.state.doc.length, from = Math.min(Math.max(position, 0), length);
    const rest = this.view.state.sliceDoc(from).match(/^\w+|^\S/)?.[0].length ?? 0;
    this.view.dispatch(setDiagnostics(this.view.state, text ? [{ from, to: position < 0 ? length : Math.min(length, from + rest), severity: "error", message: text }] : []));
  }
}
customElements.define("criteria-editor", CriteriaEditor);

/** An editor holding `text`. */
export function editor(text, catalogue, label, onchange) {
  const made = document.createElement("criteria-editor");
  made.setAttribute("label", label);
  made.initial = text;
  made.catalogue = catalogue;
  made.addEventListener("change", onchange);
  return made;
}

// What the console uses of CodeMirror, as one file: an editor of SQL criteria with completion and marks.
export { acceptCompletion, autocompletion, completionKeymap, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { SQLDialect, sql } from "@codemirror/lang-sql";
export { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
export { forceLinting, linter, lintKeymap, setDiagnostics } from "@codemirror/lint";
export { Compartment, EditorState } from "@codemirror/state";
export { drawSelection, EditorView, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
export { tags } from "@lezer/highlight";

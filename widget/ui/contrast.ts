/** What is drawn for those who ask for more contrast, or have colours of their own: for the others it is not loaded. Later parts bring their styles after it. */
export const css = `
@media (prefers-contrast: more) {
  .aside { --muted: #3b414d; --line: #6d7480; --soft: #f2f3f6; --softer: #d5d9e0; --danger: #8f1610; }
  .aside.dark { --muted: #d3d8e2; --line: #9aa1ae; --softer: #4a4e59; --danger: #ffb9b3; }
  .aside .code { --keyword: #55258a; --string: #0f5129; --value: #713604; --name: #074a58; }
  .aside.dark .code { --keyword: #dcc8ff; --string: #b5e4bf; --value: #f2d0a0; --name: #addfec; }
  .mine.dim .bubble { opacity: 1; }
  .floating .panel, .inline .panel { border: 1px solid var(--text); }
  a { text-decoration-thickness: 2px; }
  :is(button, a, input, select, textarea, label, [tabindex]):focus-visible, label:has(:focus-visible) { outline-width: 3px; }
}
@media (forced-colors: active) {
  .aside .iconbutton, .aside .textbutton, .aside .row, .aside .data li button, .aside .launcher, .aside .grips button { border-color: ButtonBorder; }
  .aside .bubble, .aside .data .question, .aside .choice .options { border: 1px solid CanvasText; }
  .aside .iconbutton:disabled, .aside .go:disabled, .aside button:disabled { border-color: GrayText; color: GrayText; }
  .aside .row[aria-current], .aside .choice label.on, .aside .chip.on { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  .aside .row[aria-current] :is(time, .preview), .aside .choice label.on * { color: inherit; }
  .aside .dots i, .aside .skeleton i, .aside .row .dot, .aside .grips button::after { forced-color-adjust: none; background: CanvasText; }
  .aside .badge { border-color: CanvasText; }
  .aside .settings .switch input { appearance: auto; width: 22px; height: 22px; }
  .aside .settings .switch input::after { content: none; }
  .aside .grips button { opacity: 1; }
  .aside .data .buttons .danger { border-color: ButtonText; background: ButtonFace; color: ButtonText; }
  .aside .found { outline-color: Highlight !important; }
  .aside mark { background: Mark; color: MarkText; }
}
`

/** The element with an id. @param {string} id @returns {HTMLElement} */
export const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

/**
 * Creates an element. Text is inserted as text, never as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {(string | Node)[]} children
 */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** A button in a row; its label says what it does and to which row. @param {string} text @param {string} label @param {() => void} onclick */
export function rowButton(text, label, onclick) {
  const button = element('button', { type: 'button', onclick }, text)
  button.setAttribute('aria-label', label)
  return button
}

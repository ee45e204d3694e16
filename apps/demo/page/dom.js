/** The element of an id. @param {string} id @returns {HTMLElement} */
export const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

/**
 * Makes an element. Text is text, whatever is in it.
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

/** A button of a row, whose name says what it is for. @param {string} text @param {string} label @param {() => void} onclick */
export function rowButton(text, label, onclick) {
  const button = element('button', { type: 'button', onclick }, text)
  button.setAttribute('aria-label', label)
  return button
}

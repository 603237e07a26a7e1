/** Whether a click opens its link in a new tab or window, which the browser does. */
export const isModified = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

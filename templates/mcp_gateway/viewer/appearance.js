/** The look that the host asks for (theme, colours, fonts, language, insets), and the size that the view reports. */
const COLOURS = {
  "--surface": "--color-background-primary",
  "--sunken": "--color-background-secondary",
  "--ink": "--color-text-primary",
  "--ink-2": "--color-text-secondary",
  "--line": "--color-border-primary",
  "--line-2": "--color-border-primary",
};
const FONTS = { "--font": "--font-sans", "--mono": "--font-mono" };
const root = document.documentElement;
let numbers = new Intl.NumberFormat();

/** Apply a host context. Updates contain only what changed. */
function applyContext({ theme, styles, locale, safeAreaInsets: insets }) {
  if (theme) {
    root.style.colorScheme = theme;
  }
  if (styles?.variables) {
    applyVariables(styles.variables);
  }
  if (styles?.css?.fonts) {
    ui.hostFonts.textContent = styles.css.fonts;
  }
  if (insets) {
    document.body.style.padding = `${insets.top}px ${insets.right}px ${insets.bottom}px ${insets.left}px`;
  }
  try {
    numbers = locale ? new Intl.NumberFormat(locale) : numbers;
  } catch {
    // The browser does not have this locale.
  }
}

function applyVariables(variables) {
  // Colours only as a whole: a host's text colour on one of our own backgrounds could be unreadable.
  const hasColours = Object.values(COLOURS).every((name) => variables[name]);
  for (const [ours, theirs] of Object.entries({ ...(hasColours && COLOURS), ...FONTS })) {
    if (variables[theirs]) {
      root.style.setProperty(ours, variables[theirs]);
    }
  }
}

/** Return an amount with its unit: 1 credit, 1,200 credits. */
function creditsText(credits) {
  return `${numbers.format(credits)} credit${credits === 1 ? "" : "s"}`;
}

/** Report the size of the content whenever it changes. */
function reportSize() {
  new ResizeObserver(() => {
    const { height } = document.body.getBoundingClientRect();
    notify("ui/notifications/size-changed", { width: innerWidth, height: Math.ceil(height) });
  }).observe(document.body);
}

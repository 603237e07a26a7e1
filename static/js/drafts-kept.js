/** Keeps the draft of a form that was not accepted, on the pages to which such a form leads. */
import { keep } from "./drafts.js";

keep();

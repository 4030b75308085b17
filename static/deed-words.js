// Sentences of what is done: links, forms, runs that come and go.
import { count } from "./format.js";
import { _ } from "./tongue.js";

export const WORDS = {
  forgotten: _("The server no longer knows this run."),
  brokenLink: (why) => _("This link does not open: {why}. The opening experiment is shown instead.", { why }),
  cutLink: _("it is cut off or was changed on its way"),
  emptyLink: _("it holds no experiment"),
  refusedLink: (why) => _("The experiment of this link was refused: {why}", { why }),
  linkCopied: _("Link copied. It opens this experiment, seed included."),
  linkShown: _("The link is in the address bar."),
  unchanged: _("Settings marked ● take effect at once, others when you apply them."),
  changed: _("Apply starts again from step 0 with these settings."),
  line: (n, message) => _("line {n}: {message}", { n, message }),
  wentTo: (step) => _("Training to step {n} of the link…", { n: count(step) }),
};

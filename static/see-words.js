// Sentences of what there is to see beside the maps: ready experiments, why it vanished, spectra.
import { _ } from "./tongue.js";

export const SEEN = {
  notHere: _("This server lacks a package that the experiment needs."),
};

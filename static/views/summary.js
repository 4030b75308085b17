// The experiment in a few words, on the button that opens the form.
import { $, h, say } from "../dom.js";

export function mountSummary(store) {
  store.watch((state) => state.spec, (spec) => {
    if (!spec) return;
    $("#summary").replaceChildren(...summary(spec).map((text) => h("span.chip", {}, text)));
    say($("#sheet"), summary(spec).join(" · ")); // on paper, where the button is not
  });
}

function summary({ task, networks, optimizer, batch_size }) {
  const label = $(`[data-chooses="task"] option[value="${task.name}"]`)?.textContent ?? task.name;
  const sizes = [...new Set(networks.map((n) => n.hidden_size))];
  return [
    task.length ? `${label}, T ${task.length}` : label,
    sizes.length === 1 ? `n ${sizes[0]}` : networks.map((n) => `${n.label} ${n.hidden_size}`).join(", "),
    [optimizer.name.replaceAll("_", " "), optimizer.learning_rate].filter((part) => part !== undefined).join(" "),
    `B ${batch_size}`,
  ];
}

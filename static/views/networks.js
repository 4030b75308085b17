// The list of networks in the form: add, remove, and show each only the knobs of its cell.
import { $, $$ } from "../dom.js";
import { isAutomatic } from "../spec.js";

export function createNetworks(form, onChange) {
  const list = $("#networks");
  const most = Number(list.dataset.most);
  const add = $("#add-network");
  const all = () => $$("fieldset.network", list);
  let settled = all().length;
  let touched = false;

  function append() {
    const html = $("#network-template").content.cloneNode(true);
    rename(html.firstElementChild, all().length);
    list.append(html);
    return list.lastElementChild;
  }

  function remove(network) {
    network.remove();
    all().forEach(rename);
    touched = true;
    refresh();
    onChange();
    add.focus();
  }

  /** Make the list `count` long: the experiment on screen has so many. */
  function set(count) {
    while (all().length > count) all().at(-1).remove();
    while (all().length < count) append();
    settled = count;
    touched = false;
    refresh();
  }

  function refresh() {
    for (const network of all()) {
      const cell = $('[name$=".cell"]', network).value;
      for (const knob of $$("[data-cells]", network)) knob.hidden = !knob.dataset.cells.split(" ").includes(cell);
      const label = $('[name$=".label"]', network)?.value;
      $("legend .name", network).textContent = isAutomatic(label) ? cell.toUpperCase() : label;
      $(".remove", network).disabled = all().length === 1;
    }
    add.disabled = all().length >= most;
  }

  add.addEventListener("click", () => {
    const network = append();
    touched = true;
    refresh();
    onChange();
    $("select", network).focus();
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest(".remove");
    if (button) remove(button.closest("fieldset.network"));
  });

  return { set, refresh, changed: () => touched || all().length !== settled };
}

/** Put a network's fields into place `index` of the spec. */
function rename(network, index) {
  const old = network.dataset.network;
  network.dataset.network = String(index);
  const dotted = (text) => text.replace(`networks.${old}.`, `networks.${index}.`);
  const dashed = (text) => text.replaceAll(`f-networks-${old}-`, `f-networks-${index}-`);
  for (const element of $$("[name], [id], [for], [aria-describedby], [data-mirrors]", network)) {
    if (element.name) element.name = dotted(element.name);
    for (const attribute of ["id", "for", "aria-describedby", "data-mirrors"]) {
      if (element.hasAttribute(attribute)) element.setAttribute(attribute, dashed(element.getAttribute(attribute)));
    }
  }
}

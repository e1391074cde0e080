"use strict";
(() => {
  const model = JSON.parse(document.getElementById("model-data").textContent);
  const slider = document.getElementById("threshold");
  const views = [];
  const share = (part, whole) => (whole > 0 ? (part / whole).toFixed(3) : "none");
  const told = (tp, fp, fn, tn) => ({
    tp, fp, fn, tn,
    accuracy: share(tp + tn, tp + fp + fn + tn),
    recall: share(tp, tp + fn),
    specificity: share(tn, tn + fp),
    precision: share(tp, tp + fp),
    f1: share(2 * tp, 2 * tp + fp + fn),
  });
  function show() {
    const cut = model.cuts.threshold[slider.value];
    const counts = ["tp", "fp", "fn", "tn"].map((name) => model.cuts[name][slider.value]);
    for (const [name, value] of Object.entries(told(...counts))) {
      document.getElementById(`count-${name}`).textContent = value;
    }
    document.getElementById("cut").textContent = cut.toFixed(3);
    slider.setAttribute("aria-valuetext", cut.toFixed(3));
    for (const view of views) view.signal("cut", cut).runAsync();
  }
  slider.addEventListener("input", show);
  for (const button of document.querySelectorAll("button[data-at]")) {
    button.addEventListener("click", () => { slider.value = button.dataset.at; show(); });
  }
  const options = { actions: false, renderer: "svg", ast: true, tooltip: true };
  model.charts.forEach((chart, place) => {
    vegaEmbed(`#chart-${place}`, chart, options).then((drawn) => { views.push(drawn.view); show(); });
  });
})();

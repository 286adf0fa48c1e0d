// How good the chances that were told turned out to be, in figures, a plot and a curve.
import { calibrationPlot } from "./calibration.js";
import { count, counted, percent, score } from "../format.js";
import { get } from "../request.js";
import { h, setText } from "../dom.js";
import { learningCurve } from "./learning.js";
import { Panel } from "../panel.js";

const LABELS_MIN = 20; // as docs/success.md says
const HIRED_MIN = 1;

export function predictions({ wide }) {
  return new Panel({
    id: "predictions", title: "How good the predictions are", wide,
    definition: "Each chance of being hired was told first and judged later, by what came of the application. Of all applications, whatever is chosen above.",
    make,
    ask: () => get("api/analytics/model"),
  });
}

function make(body) {
  const cold = h("p", { class: "cold-start" });
  const strong = h("strong");
  const rest = h("span");
  const halves = h("div", { class: "halves" });
  const silence = h("p", { class: "hint" });
  body.append(cold, h("p", { class: "headline" }, strong, rest), halves, silence);
  const drawCalibration = calibrationPlot(halves);
  const drawLearning = learningCurve(halves);
  return ({ version, answered, silence: silent, calibration, days }) => {
    if (version === null) return "Cold start: no outcome is known yet, so no chance has been told and there is nothing to judge.";
    cold.hidden = !version.cold;
    setText(cold, coldTold(version));
    const [most, more] = headline(answered);
    setText(strong, most);
    setText(rest, more);
    drawCalibration(calibration);
    drawLearning(days);
    setText(silence, silenceTold(silent.served));
    return undefined;
  };
}

function coldTold({ labels, hired }) {
  return `Cold start: ${counted(labels, "outcome is", "outcomes are")} known, ${count(hired)} of them hired. `
    + `Until there are ${LABELS_MIN}, and ${HIRED_MIN} hired, every application is told the share of all that were hired.`;
}

function headline({ served, baseRate, stageRate }) {
  if (served === null) return ["", "Fewer than 5 predictions have been judged by an answer so far: too few for figures."];
  const order = served.auc === null ? "" : ` · AUC ${score(served.auc)}`;
  return [
    `Log loss ${score(served.logLoss)}`,
    ` beside ${score(stageRate.logLoss)} with the share of the stage and ${score(baseRate.logLoss)} with that of all; lower is better`
      + ` · ${counted(served.predictions, "prediction", "predictions")} judged by an answer · Brier score ${score(served.brier)}${order}`
      + ` · off by ${percent(served.calibrationError)} on average`,
  ];
}

function silenceTold(served) {
  if (served === null) return "";
  return `Apart from these, ${counted(served.predictions, "prediction was", "predictions were")} judged by silence, which counts as not hired once it has lasted too long: log loss ${score(served.logLoss)}.`;
}

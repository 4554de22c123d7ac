import type { Table } from "../../section.js";

/** Published scores of other detectors, from `final_results.json` of numenta/NAB at ea702d7. */
export const ANCHORS: Table = {
  title: "Anchors: published scores over all 58 files, at the threshold that the benchmark chooses",
  columns: ["", "standard", "reward low FP rate", "reward low FN rate"],
  rows: [
    ["ARTime", 74.9, 65.2, 80.4],
    ["Numenta HTM", 70.1, 63.1, 74.3],
    ["CAD OSE", 69.9, 67, 73.2],
    ["HTM Java", 65.5, 53.3, 70.4],
    ["Numenta TM", 64.6, 56.7, 69.2],
    ["Earthgecko Skyline", 58.2, 46.2, 63.8],
    ["KNN CAD", 58, 43.4, 64.8],
    ["relative entropy", 54.6, 47.6, 58.8],
    ["random cut forest", 51.7, 38.4, 59.7],
    ["Twitter ADVec", 47.1, 33.6, 53.5],
    ["windowed Gaussian", 39.6, 20.9, 47.4],
    ["Skyline", 35.7, 27.1, 44.5],
    ["Bayes change point", 17.7, "", ""],
    ["random", 16.8, 5.8, 25.9],
    ["EXPoSE", 16.4, 3.2, 26.9],
    ["null detector", 0, 0, 0],
  ],
};

"""The page about accuracy, from what `run` has measured: report.py OUT

OUT holds baselines.csv and a document SET-LABEL.json of `millctl expense evaluate` for each set and label.
"""

import csv
import json
import os
import sys

NAMES = {"random": "random rows", "period": "later period", "merchant": "merchants never seen"}


def percent(share):
    return "%.1f" % (100 * float(share))


def main():
    out = sys.argv[1]
    with open(os.path.join(out, "baselines.csv"), newline="") as file:
        baselines = list(csv.DictReader(file))
    rows, met, beaten, calibrated = [], 0, 0, 0
    for line in baselines:
        with open(os.path.join(out, "%s-%s.json" % (line["set"], line["label"]))) as file:
            document = json.load(file)
        group = next(g for g in document["by"]["groups"] if g["value"] == line["split"])
        best = max(float(line["look_up"]), float(line["svm"]))
        ahead = group["accuracy"] - best
        met += ahead >= 0
        beaten += ahead > 0 and (line["split"] != "merchant" or ahead >= 0.03)
        calibrated += group["calibrationError"] < 0.03
        rows.append((line, group, ahead, document))
    print("# Accuracy of the categorizer\n")
    print("Written by `make accuracy DATA=FOLDER`, where FOLDER holds the published purchases: Calderdale's and Birmingham's purchase")
    print("cards, Harrogate's invoices. For each set rows are learned from and others judged: rows by chance, the latest eighth of the")
    print("time, and merchants of whom no row was learned (`Benchmarks/accuracy/baselines.py` splits them by hashes). The baselines are a")
    print("look-up of a merchant's most frequent category, and a linear SVM over character 2-4-grams (scikit-learn, all texts).")
    print("\nFigures in percent; what they mean: [Categorizer.md](Categorizer.md). At least the better baseline is reached in")
    print("%d of %d rows, and the aim (above it, by 3 points for merchants never seen) in %d; the calibration error is below 3 in %d.\n"
          % (met, len(rows), beaten, calibrated))
    print("| set, category | judged | rows | look-up | SVM | accuracy | ahead | at 95 % | macro F1 | calibration |")
    print("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |")
    for line, group, ahead, _ in rows:
        print(
            "| %s, %s | %s | %d | %s | %s | %s | %+.1f | %s | %s | %s |"
            % (
                line["set"], line["label"], NAMES[line["split"]], group["rows"], percent(line["look_up"]),
                percent(line["svm"]), percent(group["accuracy"]), 100 * ahead, percent(group["coverageAt95"]),
                percent(group["macroF1"]), percent(group["calibrationError"]),
            )
        )
    print("\nOne merchant can be a third of the rows of merchants never seen, and is then right or wrong as a whole: there no")
    print("calibration error below 3 can be relied on, whatever the probabilities.")
    documents = {(line["set"], line["label"]): document for line, _, _, document in rows}
    print("\n| set, category | learned | categories | training | accuracy of all | calibration of all | decisions a second |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    for key, document in documents.items():
        learned = document["learned"]
        print(
            "| %s, %s | %d | %d | %.0f s | %s | %s | %d |"
            % (
                *key, learned["rows"], learned["labels"], learned["seconds"], percent(document["accuracy"]),
                percent(document["calibrationError"]), document["decisionsPerSecond"],
            )
        )
    print("\nCorrections one by one: every second judged row teaches where it is answered wrongly, at most 1,000 of them, and the")
    print("others are judged: before, after, and by a model that was trained anew with the corrected rows.\n")
    print("| set, category | corrected | right at once | before | after | trained anew |")
    print("| --- | --: | --: | --: | --: | --: |")
    for key, document in documents.items():
        trial = document["corrections"]
        print(
            "| %s, %s | %d | %d | %s | %s | %s |"
            % (
                *key, trial["made"], trial["rightAtOnce"], percent(trial["accuracyBefore"]),
                percent(trial["accuracyAfter"]), percent(trial["accuracyTrainedAnew"]),
            )
        )


main()

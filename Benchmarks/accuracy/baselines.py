"""Splits purchases into what is learned and what is judged, and judges the two baselines on it.

    python baselines.py DATA OUT [--skip-svm]

DATA holds the published CSV files; OUT gets NAME-learn.csv and NAME-judge.csv (with the column split_reason) and
baselines.csv. A row is judged, in this order: when a hash of its merchant's letters says so (a merchant never seen), when
it is among the latest eighth of the rows (a later period), when a hash of its id says so (random). What is left is learned.

Baselines: a look-up of the most frequent label by merchant text, the most frequent label of all for others; and scikit-learn's
LinearSVC over character 2-4-grams (TF-IDF, sublinear) of all texts.
"""

import collections
import csv
import hashlib
import os
import re
import sys
import time

SETS = [
    ("calderdale_card", ["description"], ["category_group", "category"]),
    ("harrogate_invoices", ["supplier", "narrative"], ["category_group", "category"]),
    ("birmingham_card", ["description"], ["category"]),
]


def share(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def merchant(text):
    return " ".join(re.sub(r"[^a-z ]+", " ", text.lower()).split())


def split(rows, column):
    cut = sorted(row["date"] for row in rows)[int(len(rows) * 0.88)]
    for row in rows:
        if share("m:" + merchant(row[column])) % 10 == 0:
            row["split_reason"] = "merchant"
        elif row["date"] >= cut:
            row["split_reason"] = "period"
        elif share("r:" + row["id"]) % 10 == 0:
            row["split_reason"] = "random"
        else:
            row["split_reason"] = ""
    return [r for r in rows if not r["split_reason"]], [r for r in rows if r["split_reason"]]


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def look_up(learn, judge, column, label):
    table = collections.defaultdict(collections.Counter)
    for row in learn:
        table[row[column].lower().strip()][row[label]] += 1
    usual = collections.Counter(row[label] for row in learn).most_common(1)[0][0]
    keys = [row[column].lower().strip() for row in judge]
    return [table[key].most_common(1)[0][0] if key in table else usual for key in keys]


def svm(learn, judge, columns, label):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    texts = lambda rows: [" ".join(row[column] for column in columns) for row in rows]
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), lowercase=True, sublinear_tf=True)
    model = LinearSVC().fit(vectors.fit_transform(texts(learn)), [row[label] for row in learn])
    return list(model.predict(vectors.transform(texts(judge))))


def main():
    data, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    lines = []
    for name, columns, labels in SETS:
        with open(os.path.join(data, name + ".csv"), newline="") as file:
            learn, judge = split(list(csv.DictReader(file)), columns[0])
        write(os.path.join(out, name + "-learn.csv"), learn)
        write(os.path.join(out, name + "-judge.csv"), judge)
        for label in labels:
            answers = {"look_up": look_up(learn, judge, columns[0], label)}
            start = time.time()
            if "--skip-svm" not in sys.argv:
                answers["svm"] = svm(learn, judge, columns, label)
            for reason in ("random", "period", "merchant"):
                chosen = [i for i, row in enumerate(judge) if row["split_reason"] == reason]
                line = {"set": name, "label": label, "split": reason, "rows": len(chosen)}
                for which, given in answers.items():
                    line[which] = round(sum(given[i] == judge[i][label] for i in chosen) / len(chosen), 4)
                lines.append(line)
                print(line, "%.0f s" % (time.time() - start), flush=True)
    write(os.path.join(out, "baselines.csv"), lines)


main()

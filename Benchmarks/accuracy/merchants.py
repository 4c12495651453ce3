"""Asks of published purchases whether merchants whose names are alike are one merchant.

    python merchants.py DATA

For each of 2,000 merchants by chance the one whose name is most alike is looked for, by the share of common trigrams; where it is
above 0.6, both would become one canonical merchant. Printed is how many that are, and in how many pairs the most frequent
label is the same. Names are compared without processor tags, booking numbers, company suffixes and store numbers.
"""

import collections
import csv
import os
import random
import re
import sys

SETS = [
    ("calderdale_card", "description", "category_group"),
    ("calderdale_card", "description", "category"),
    ("harrogate_invoices", "supplier", "category_group"),
    ("harrogate_invoices", "supplier", "category"),
    ("birmingham_card", "description", "category"),
]


def name(text):
    text = re.sub(r"^(paypal|sq|square|tst|pos|ccd)\s*\*\s*", "", text.lower())
    text = re.sub(r"#\d+|\s+[0-9a-z]*\d{4,}[0-9a-z]*$", "", text)
    text = re.sub(r"\b(inc|llc|ltd|corp|co|plc)\b|[^a-z0-9&' -]", " ", text)
    text = " ".join(text.split())
    return re.sub(r" (store|shop|no|nr)? ?\d{1,3}$", "", text).strip()


def trigrams(text):
    padded = f"  {text}  "
    return frozenset(padded[at:at + 3] for at in range(len(padded) - 2))


def judge(data, purchases, column, label):
    labels = collections.defaultdict(collections.Counter)
    with open(os.path.join(data, purchases + ".csv"), newline="") as file:
        for row in csv.DictReader(file):
            labels[name(row[column])][row[label]] += 1
    pieces = {each: trigrams(each) for each in labels if len(each) >= 3}
    having = collections.defaultdict(list)
    for each, some in pieces.items():
        for piece in some:
            having[piece].append(each)
    chosen = random.Random(1).sample(sorted(pieces), min(2000, len(pieces)))
    alike = same = 0
    for each in chosen:
        common = collections.Counter(other for piece in pieces[each] for other in having[piece] if other != each)
        likeness, nearest = max(
            ((count / (len(pieces[each]) + len(pieces[other]) - count), other) for other, count in common.items()),
            default=(0, ""),
        )
        if likeness > 0.6:
            alike += 1
            same += labels[each].most_common(1)[0][0] == labels[nearest].most_common(1)[0][0]
    print(f"{purchases} {label}: {len(chosen)} of {len(pieces)} merchants, {alike} alike, {same / max(alike, 1):.1%} with one label")


for purchases, column, label in SETS:
    judge(sys.argv[1], purchases, column, label)

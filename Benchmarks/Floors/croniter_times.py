# croniter's search for the next run. usage: croniter_times.py ZONE ROUNDS COUNT EXPRESSION...
import json
import sys
import time
import zoneinfo
from datetime import datetime

from croniter import croniter

zone = zoneinfo.ZoneInfo(sys.argv[1])
rounds, count = int(sys.argv[2]), int(sys.argv[3])
starts = [datetime.fromtimestamp(1_600_000_000 + number * 100_003 % 500_000_000, zone) for number in range(count)]
found = {"next": [], "reading": [], "sums": []}


def median(body):
    times = []
    for _ in range(rounds):
        begin = time.thread_time_ns()
        answer = body()
        times.append((time.thread_time_ns() - begin) / count)
    return sorted(times)[rounds // 2], answer


for expression in sys.argv[4:]:
    # One object for all, which is what takes it least.
    cron = croniter(expression, starts[0])

    def search():
        total = 0
        for start in starts:
            cron.set_current(start, force=True)
            total += int(cron.get_next(float))
        return total

    def read():
        for start in starts:
            croniter(expression, start)

    taken, total = median(search)
    found["next"].append(taken)
    found["sums"].append(total)
    found["reading"].append(median(read)[0])
print(json.dumps(found))

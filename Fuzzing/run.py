"""Runs the fuzzers that are built, one after the other, and writes down what came of it. Called by Scripts/fuzz.

Each reader gets so many seconds of processor time, by the kernel's count; how long that lasts depends on what else the machine
does. A run that stops or is stopped early counts with the time it had.
"""
import argparse, datetime, json, os, pathlib, re, resource, signal, subprocess, sys, time

import seeds

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "Documentation" / "Fuzzing.md"
# One line for each run; kept in the repository, so that the sums are of all of them.
BOOK = ROOT / "Fuzzing" / "runs.jsonl"
BEGIN, END = "<!-- by Scripts/fuzz: -->", "<!-- end -->"
TICK = os.sysconf("SC_CLK_TCK")
LONGEST_INPUT = 4096
# Seconds for one input. libFuzzer's are by the wall, on which a busy machine may let a fuzzer wait; ours are of the processor.
PATIENCE, LONGEST_WORK = 600, 10


def processor_seconds(pid):
    """What a running process has used; None when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return (int(fields[11]) + int(fields[12])) / TICK


def commit():
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip() or "unknown"


def happens_again(program, finding, environment):
    """Whether the reader alone fails with the input, or works on it for too long."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    again = subprocess.run(
        [program, "-rss_limit_mb=2048", "-timeout=3600", str(finding)], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return again.returncode != 0 or after.ru_utime - before.ru_utime > LONGEST_WORK


def fuzz(build, reader, seconds):
    """Runs one fuzzer and returns its row."""
    folder = build / "fuzz" / reader
    corpus, findings, own = folder / "corpus", folder / "findings", folder / "seeds"
    for part in (corpus, findings):
        part.mkdir(parents=True, exist_ok=True)
    seeds.write(reader, own)
    known = set(findings.iterdir())
    started, begun_at = datetime.datetime.now(datetime.timezone.utc), commit()
    log = folder / f"{started:%Y%m%dT%H%M%S}.log"
    command = [
        str(build / "release" / f"fuzz-{reader}"), f"-timeout={PATIENCE}", "-rss_limit_mb=2048", f"-max_len={LONGEST_INPUT}",
        "-use_value_profile=1", "-print_final_stats=1", f"-artifact_prefix={findings}/", str(corpus), str(own)]
    dictionary = ROOT / "Fuzzing" / "Dictionaries" / f"{reader}.dict"
    if dictionary.exists():
        command.insert(1, f"-dict={dictionary}")
    # The runtime of Swift keeps what it has made once until the end; and its own reports come in the way of libFuzzer's.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "SWIFT_BACKTRACE": "enable=no"}
    used = 0.0
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            while process.poll() is None:
                used = processor_seconds(process.pid) or used
                if used >= seconds:
                    process.send_signal(signal.SIGUSR1)  # libFuzzer ends in good order
                    process.wait(timeout=60)
                time.sleep(0.2)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    text = log.read_text(errors="replace")
    if "Loaded 1 modules" not in text:
        sys.exit(f"{reader}: did not begin, or was built without counting what it does; see {log}")
    for finding in set(findings.iterdir()) - known:
        if not happens_again(command[0], finding, environment):
            print(f"{reader}: {finding.name} was only slow on a busy machine, and is taken for none", flush=True)
            finding.unlink()
    progress = re.findall(r"^#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+) corp: (\d+)", text, re.M)
    first = next((line for line in progress if line[1] == "INITED"), None)
    executed = re.findall(r"stat::number_of_executed_units:\s+(\d+)", text)
    row = {
        "reader": reader, "commit": begun_at, "started": f"{started:%Y-%m-%dT%H:%MZ}", "seconds": round(used),
        "executions": int(executed[-1]) if executed else int(progress[-1][0]) if progress else 0,
        "edges": int(progress[-1][2]) if progress else 0, "edgesOfSeeds": int(first[2]) if first else 0,
        "corpus": int(progress[-1][4]) if progress else 0,
        "findings": [path.name for path in sorted(set(findings.iterdir()) - known)], "status": process.returncode,
    }
    print(f"{reader}: {row['executions']:,} executions in {row['seconds']} s of processor time, {row['edgesOfSeeds']} edges by "
          f"the seeds, {row['edges']} now; {len(row['findings'])} findings", flush=True)
    for name in row["findings"]:
        print(f"  {findings / name}; again by: {command[0]} {findings / name}", flush=True)
    if process.returncode not in (0, 70) and not row["findings"]:  # 70: a time that ran out
        sys.exit(f"{reader}: ended with {process.returncode}; see {log}")
    return row


def table(rows):
    """All runs that were written down, summed up by reader."""
    lines = [
        "| reader | executions | processor time | edges by the seeds | edges at the end | kept inputs | findings | last run |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    for reader in seeds.SEEDS:
        own = [row for row in rows if row["reader"] == reader]
        if not own:
            continue
        spent = sum(row["seconds"] for row in own)
        last = own[-1]
        lines.append(
            f"| {reader} | {sum(row['executions'] for row in own):,} | {spent // 3600}:{spent // 60 % 60:02}:{spent % 60:02} "
            f"| {own[0]['edgesOfSeeds']:,} | {last['edges']:,} | {last['corpus']:,} "
            f"| {sum(len(row['findings']) for row in own)} | {last['started']}, {last['commit']} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60, help="processor time of each reader")
    parser.add_argument("--list", action="store_true", help="only name the readers")
    parser.add_argument("readers", nargs="*", help="all unless some are named")
    wanted = parser.parse_args()
    unknown = set(wanted.readers) - set(seeds.SEEDS)
    if unknown:
        parser.error(f"there is no reader {', '.join(sorted(unknown))}; known are {', '.join(seeds.SEEDS)}")
    if wanted.list:
        return print("\n".join(seeds.SEEDS))
    found = 0
    for reader in wanted.readers or seeds.SEEDS:
        row = fuzz(wanted.build, reader, wanted.seconds)
        found += len(row["findings"])
        with BOOK.open("a") as lines:
            lines.write(json.dumps(row) + "\n")
    rows = [json.loads(line) for line in BOOK.read_text().splitlines()]
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")
    sys.exit(1 if found else 0)


main()

"""What the fuzzers start from: small texts of our own, the schemas' examples, the examples of files; and published cases where
the shared data is there. Called by run.py."""
import json, os, pathlib, random, struct

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("MILLRACE_SHARED_DATA") or ROOT / ".." / "shared" / "data")

CRON = """
* * * * *|*/15 0-6/2 1,15 * *|0 9 * * 1-5|30 2 29 2 *|0 0 L * *|5 4 * JAN-MAR/2 MON#1,FRI|0 0 13 * 5|59 23 31 12 7|@daily
@hourly|10/15 * * * *|0 0 */2 * 1|0 12 15W * ?|0 12 LW * *|0 8 ? * 5L|0 0 * * sun,L2|30 1-3 * 3,10 0|0 0 1W 1-12/3 fri-7
"""
CALENDAR = """
Mon..Fri *-*-* 09:00:00 Europe/Berlin|2016-02~01..07/3 00/2:5,10:0.5/1.25 UTC|*-*-* *:*:*|@1234567890|hourly|weekly
Sat,Sun 20..22:00/15|*-*~01 12:00 CEST|Thu *-02-29|2024..2030/2-1,7-01|*:0/10:30.25|00:00:59.999999|1h 30min 2.5s|2weeks 3d
infinity|1y 2month|quarterly|semi-annually UTC|Mon *-05~07/1|*-*-31 02:30
"""
ZONES = """
CET-1CEST,M3.5.0,M10.5.0/3|EST5EDT|<+1030>-10:30<+11>-11,M10.1.0,M4.1.0|UTC0|IST-1GMT0,M10.5.0,M3.5.0/1|<-02>2<-01>,M3.5.0/-1,M10.5.0/0
XXX3YYY,J60/0,J300/26:30|AAA0BBB-2,0/0,365/167|EET-2EEST,M3.4.4/50,M10.4.4/50
"""
CSV = [
    "a,b\n1,2\n", "a,b\r\n1,2\r\n", '"a,b","c\nd","e""f"\n', '"a\r\nb"\r\nc\r\n', "\ufeffa,b\n", " a , b \n", ",,\n\n,\n", '""\n',
    'entry_id,person,hours,completed_on\n1,"Müller, J.",7.5,2026-11-02\n2,B,0.25,\n',
]


def words(text):
    return [word for line in text.strip().splitlines() for word in line.split("|")]


def lines(name, count, key):
    """A member of every object of a file of the shared data, at most `count` of them."""
    path = DATA / name
    if not path.exists():
        return []
    found = [json.loads(line)[key] for line in path.read_text().splitlines()]
    return random.Random(name).sample(found, min(count, len(found)))


def examples():
    """The messages that the examples of the schemas stand for."""
    for path in sorted((ROOT / "Schemas").glob("*.openrpc.json")):
        for number, method in enumerate(json.loads(path.read_text())["methods"]):
            for example in method.get("examples", [])[:2]:
                params = {param["name"]: param["value"] for param in example["params"]}
                yield {"jsonrpc": "2.0", "id": number, "method": method["name"], "params": params, "meta": {"timeoutMs": 5000}}
                yield {"jsonrpc": "2.0", "id": str(number), "result": example["result"]["value"], "meta": {"correlationId": "c-1"}}
            for error in method.get("errors", [])[:1]:
                yield {"jsonrpc": "2.0", "id": None, "error": error}


def frame(text):
    body = text if isinstance(text, bytes) else text.encode()
    return struct.pack(">I", len(body)) + body


def frames():
    messages = [json.dumps(message, separators=(",", ":")) for message in examples()]
    messages = [message for message in messages if len(message) < 1500]
    for count in (1, 2):
        for index in range(0, len(messages), 5):
            yield bytes([index % 256]) + b"".join(frame(message) for message in messages[index:index + count])
    cases = [case for case in lines("jsonrpc/cases.jsonl", 100, "request_text")]
    for text in cases + ['{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 1}}', "[]", "[1,2]"]:
        yield b"\x07" + frame(text)
    yield b"\x00" + frame("{}")[:5]
    yield b"\x03\x00\x00\x00\x00"
    yield b"\x03\xff\xff\xff\xff{}"


def json_texts():
    yield from (json.dumps(message).encode() for message in examples())
    yield b'[0,-0,1.5e3,-0.5E-2,9223372036854775807,18446744073709551615,1e400,123456789012345678901234567890]'
    yield rb'["\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t","' + "é😀".encode() + b'"]'
    for path in sorted((DATA / "json").glob("test_*/*.json")):
        yield path.read_bytes()


def yaml():
    for folder in ("Examples", "Units", "Sources", "Services"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            yield path.read_bytes()
    yield b"a: [1, {b: 'c', \"d\\n\": e}]\nf: |\n  g\nh: >-\n  i\n? j\n: - k\n  - &l m\nn: !o p # q\n---\n...\n"
    yield b"- -.5\n- 1.e3\n- +12\n- 0x1F\n- .inf\n- ~\n- 'x'\n- \"\\u00e9\\x41\"\n- 007\n"


def csv():
    texts = [text.encode() for text in CSV]
    for path in sorted(DATA.glob("*/*.csv")):
        with path.open("rb") as file:
            texts.append(b"".join(file.readline() for _ in range(6)))
    for index, text in enumerate(texts):
        yield bytes([index]) + text


def zones():
    yield from (rule.encode() for rule in words(ZONES))
    for name in ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"):
        path = pathlib.Path("/usr/share/zoneinfo") / name
        if path.exists():
            yield path.read_bytes()


def expressions(own, published):
    """Behind the two bytes that choose how an expression is read."""
    for index, text in enumerate(words(own) + published):
        yield bytes([index * 37 % 256, index * 11 % 256]) + text.encode()


SEEDS = {
    "frames": frames,
    "json": json_texts,
    "calendar": lambda: expressions(
        CALENDAR, lines("scheduling/oncalendar.jsonl", 200, "spec") + lines("scheduling/timespan.jsonl", 50, "text")),
    "cron": lambda: expressions(
        CRON, lines("scheduling/cron_next.jsonl", 200, "expr") + lines("scheduling/cron_seconds_first.jsonl", 50, "expr")),
    "zones": zones,
    "yaml": yaml,
    "csv": csv,
}


def write(reader, folder):
    """Writes the seeds of a reader into the folder and returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, seed in enumerate(SEEDS[reader](), start=1):
        (folder / f"{count:04}").write_bytes(seed)
    return count

#!/usr/bin/env python3
"""A worker of two kinds for pictures in the portable pixmap format ("P6"), with nothing but Python's standard library.

    make-thumbnail   {"from": FILE, "to": FILE, "size": 128}   at most so many pixels wide and high
    rotate-picture   {"from": FILE, "to": FILE}                turned to the right by a quarter

    pictures.py [SOCKET]    by itself; when the runner starts it, it finds the connection in MILLRACE_WORKER_FD
"""
import os, re, sys
from millrace import Service, ServiceError

HEADER = re.compile(rb"P6\s(?:#.*\n)*(\d+)\s(?:#.*\n)*(\d+)\s(?:#.*\n)*255\s")

def refuse(message, status, code):
    return ServiceError(code, message, {"status": status, "reason": "picture.unreadable"})

def read(path):
    """Rows of pixels of three bytes each."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise refuse(str(error), "NOT_FOUND", -32005)
    header = HEADER.match(data)
    width, height, pixels = (int(header[1]), int(header[2]), data[header.end():]) if header else (0, 0, b"")
    if not width * height or len(pixels) < 3 * width * height:
        raise refuse(f"{path} is no whole picture", "INVALID_ARGUMENT", -32602)
    return [[pixels[3 * n:3 * n + 3] for n in range(y * width, (y + 1) * width)] for y in range(height)]

def write(path, rows):
    with open(path + ".part", "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (len(rows[0]), len(rows)) + b"".join(b"".join(row) for row in rows))
    os.replace(path + ".part", path)  # whole or not at all, and no harm in doing it twice
    return {"output": {"width": len(rows[0]), "height": len(rows)}}

def make_thumbnail(params, task):
    wish = params["job"]["params"]
    rows = read(wish["from"])
    step = -(-max(len(rows), len(rows[0])) // wish.get("size", 128))
    return write(wish["to"], [row[::step] for row in rows[::step]])

def rotate(params, task):
    wish = params["job"]["params"]
    return write(wish["to"], list(zip(*reversed(read(wish["from"])))))

descriptor = os.environ.get("MILLRACE_WORKER_FD")
service = Service(int(descriptor) if descriptor else sys.argv[1] if sys.argv[1:] else "/run/millrace/runner.sock")
service.work("pictures", {"make-thumbnail": {"process": make_thumbnail}, "rotate-picture": {"process": rotate}})
service.wait_until_ended()

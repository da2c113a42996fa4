# SPDX-License-Identifier: MIT
"""Programs, drivers and recordings in the lab, for tests/lab/run and tests/lab/bench."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LAB = ROOT / "tools" / "lab"
BUILD = ROOT / "build"
INSTALLED = BUILD / "lab-run" / "tool" # the tool with its drivers beside it, as a user has them
EXE = INSTALLED / "alpctrace.exe"
PORT = "\\RPC Control\\alpctrace-lab"
NO_WINE = 3         # exit status of tools/lab
START_SECONDS = 20  # until a program under a busy Wine says its first word
SHOWN_LINES = 12


class Failed(Exception):
    """Why a case did not pass, in words."""


def wine_path(path):
    return "Z:" + str(path).replace("/", "\\")


class Lab:
    """Programs in the lab, and the folder of one case."""

    def __init__(self, options):
        self.options, self.folder, self.children = options, None, []
        self.environment = dict(os.environ)

    def up(self, compiler="gcc", *more):
        """A fresh start: a pin stays until then."""
        self.control("down", may_fail=True)
        INSTALLED.mkdir(parents=True, exist_ok=True)
        shutil.copy(BUILD / "windows" / "alpctrace.exe", INSTALLED)
        for driver in ("alpcpin.sys", "alpctrace.sys"):
            shutil.copy(BUILD / "driver" / compiler / driver, INSTALLED)
        self.environment["ATR_LAB_DRIVERS"] = str(INSTALLED)
        self.control("up", *more)

    def begin(self, name):
        self.folder = BUILD / "lab-run" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def path(self, name):
        return self.folder / name

    def start(self, log, *words):
        with open(self.path(log), "wb") as out:
            child = subprocess.Popen(
                [LAB, "run", *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment
            )
        self.children.append(child)
        return child

    def run(self, log, *words, seconds=120):
        child = self.start(log, *words)
        return self.wait(child, log, seconds)

    def wait(self, child, log, seconds=120):
        """The exit status; a program that hangs is a failure of the case."""
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{log}: not done after {seconds} s\n{self.tail(log)}") from None

    def tool(self, log, *words, seconds=60):
        return self.run(log, EXE, *words, seconds=seconds)

    def control(self, *words, may_fail=False):
        # Into a file: what Wine starts in passing keeps its output open, and a pipe would never end.
        log = BUILD / "lab-run" / "control.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "wb") as out:
            done = subprocess.run(
                [LAB, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=180, env=self.environment
            )
        said = log.read_text(encoding="utf-8", errors="replace").strip()
        if done.returncode == NO_WINE:
            raise FileNotFoundError(said)
        if done.returncode != 0 and not may_fail:
            raise Failed(f"tools/lab {' '.join(words)}: {said}")

    def text(self, log):
        return self.path(log).read_text(encoding="utf-8", errors="replace") if self.path(log).exists() else ""

    def tail(self, log):
        return "\n".join(self.text(log).splitlines()[-SHOWN_LINES:])

    def wait_for(self, log, word, seconds=START_SECONDS):
        end = time.monotonic() + seconds
        while word not in self.text(log):
            if time.monotonic() > end:
                raise Failed(f"{log}: no “{word}” within {seconds} s\n{self.tail(log)}")
            time.sleep(0.02)

    def end(self):
        """Whatever a case left running: ours, by id."""
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.kill()
                child.wait()
        self.children.clear()


def need(condition, words):
    if not condition:
        raise Failed(words)


# Pieces that cases and benchmarks are made of.

def record(lab, trace="trace.atr", log="record.log", *more):
    child = lab.start(
        log, EXE, "record", "-o", wine_path(lab.path(trace)), "--services-from", wine_path(BUILD / "lab" / "alpclab.dll"),
        "--kernel-symbols", wine_path(BUILD / "lab" / "kernel-services.txt"), *more,
    )  # fmt: skip
    lab.wait_for(log, "recording to")
    return child


def stop_recording(lab, child, log="record.log", lost_fine=False):
    lab.tool("stop.log", "driver", "stop")
    status = lab.wait(child, log)
    need(status == 0 or (lost_fine and status == 3), f"record ended with {status}\n{lab.tail(log)}")


def start_server(lab, *more):
    child = lab.start("server.log", "traffic", "server", PORT, "--expect", wine_path(lab.path("server.jsonl")), *more)
    lab.wait_for("server.log", "server: pid")
    return child


def stop_server(lab, child):
    lab.run("stop-server.log", "traffic", "stop", PORT)
    need(lab.wait(child, "server.log") == 0, f"the server failed\n{lab.tail('server.log')}")


def client(lab, count, *more, seconds=300):
    status = lab.run(
        "client.log", "traffic", "client", PORT, "--count", str(count),
        "--expect", wine_path(lab.path("client.jsonl")), *more, seconds=seconds,
    )  # fmt: skip
    need(status == 0, f"the client failed\n{lab.tail('client.log')}")
    return lab.tail("client.log")


def driver_status(lab):
    status = lab.tool("status.json", "driver", "status", "--json")
    need(status == 0, f"driver status: {lab.tail('status.json')}")
    return json.loads(lab.text("status.json"))

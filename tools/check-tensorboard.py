#!/usr/bin/env python3
r"""Reads a run's event file with TensorBoard's own reader and compares it with the run's records.

    python3 -m venv /tmp/tensorboard-venv
    /tmp/tensorboard-venv/bin/pip install tensorboard
    provpt train output_dir=/tmp/run log.tensorboard=true data.name=sprites-location ...
    /tmp/tensorboard-venv/bin/python tools/check-tensorboard.py /tmp/run

Prints a line per tag and exits with 1 at the first difference. Checked with Python 3.11,
tensorboard 2.21.0.
"""

import json
import math
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def lines(path):
    """The records of a file; a kill may leave the last line unfinished."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(True) if line.endswith("\n")]


def expected(run):
    """{tag: [(step, value)]} of all scalars."""
    tags = {}

    def add(tag, step, value):
        if value is not None:
            tags.setdefault(tag, []).append((step, value))

    epochs = lines(run / "metrics.jsonl")
    for epoch in epochs:
        step = epoch["epoch"] + 1
        for tag, key in [("loss", "train_loss"), ("top1", "train_top1"), ("lr", "lr")]:
            add(f"train/{tag}", step, epoch[key])
        add("train/grad_norm", step, epoch["grad_norm"])
        add("time/seconds", step, sum(epoch["seconds"].values()))
        for key in ("loss", "top1"):
            add(f"val/{key}", step, (epoch["val"] or {}).get(key))
        add("idleness/max", step, (epoch["idleness"] or {}).get("max"))
        add("relocation/reward", step, epoch["reward"])
    # An epoch that a kill cut short has steps, but no events yet.
    steps = [step for step in lines(run / "steps.jsonl") if step["epoch"] < len(epochs)]
    for index, step in enumerate(steps):
        add("step/loss", index + 1, step["loss"])
        add("step/grad_norm", index + 1, step["grad_norm"])
    return tags


def main(run):
    events = EventAccumulator(
        str(run / "tensorboard"), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0}
    ).Reload()
    found = events.Tags()
    wanted = expected(run)
    assert sorted(found["scalars"]) == sorted(wanted), (found["scalars"], sorted(wanted))
    for tag, values in wanted.items():
        got = [(event.step, event.value) for event in events.Scalars(tag)]
        assert [step for step, _ in got] == [step for step, _ in values], tag
        for (_, a), (_, b) in zip(got, values):
            assert math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-30), (tag, a, b)
        print(f"{tag:20} {len(got):6} values, last {got[-1][1]:.6g} at {got[-1][0]}")
    distributions = [epoch["distribution"] for epoch in lines(run / "metrics.jsonl")]
    for tag in found["histograms"]:
        got = [event.histogram_value for event in events.Histograms(tag)]
        assert [list(map(int, histogram.bucket)) for histogram in got] == distributions, tag
        print(f"{tag:20} {len(got):6} histograms, last {distributions[-1]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What scripts about sweeps have in common: a small task, planned trials, and what they came to."""
import json
import subprocess

TIMELESS = {"seconds", "peak_memory_bytes"}


def sprites(provpt, folder, images):
    """A generated task as lists of files, cut down to so few images that a trial takes a second."""
    convert = ["data", "convert", "--name", "sprites-location", folder, "--to", "folder"]
    subprocess.run([provpt, "--quiet", *convert], check=True)
    counts = {"train800": images, "val200": images // 2, "train800val200": images, "test": 16}
    for name, count in counts.items():
        path = folder / f"{name}.txt"
        if path.exists():
            path.write_text("".join(path.read_text().splitlines(True)[:count]))
    return folder


def planned(folder):
    """The trials of a sweep."""
    return [json.loads(line) for line in (folder / "plan.jsonl").read_text().splitlines()]


def without_time(value):
    if isinstance(value, dict):
        return {key: without_time(v) for key, v in value.items() if key not in TIMELESS}
    return value


def outcome(run):
    """What a trial left, but for times and memory."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return {
        "adapter": (run / "adapter/adapter_model.safetensors").read_bytes(),
        "metrics": [without_time(json.loads(line)) for line in lines],
        "result": without_time(json.loads((run / "result.json").read_text())),
    }

"""What scripts about runs have in common: a small task, planned trials, and what they came to."""
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


def timeless(text):
    """JSON as it was written, names in order and numbers to the digit, but for times and memory."""
    pairs = lambda object: [(key, value) for key, value in object if key not in TIMELESS]
    return json.loads(text, object_pairs_hook=pairs, parse_float=str, parse_int=str)


def outcome(run):
    """What a run left, but for times and memory."""
    read = lambda name: (run / name).read_text()
    return {
        "adapter": (run / "adapter/adapter_model.safetensors").read_bytes(),
        "its config": read("adapter/adapter_config.json"),
        "metrics": [timeless(line) for line in read("metrics.jsonl").splitlines()],
        "steps": [timeless(line) for line in read("steps.jsonl").splitlines()],
        "result": timeless(read("result.json")),
    }

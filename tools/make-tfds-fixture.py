#!/usr/bin/env python3
r"""Writes fixtures/tfds/: tiny tensorflow-datasets folders, and what the official library reads back.

    python3 -m venv /tmp/tfds-venv
    /tmp/tfds-venv/bin/pip install tensorflow-cpu tensorflow-datasets \
        importlib_resources pillow safetensors
    /tmp/tfds-venv/bin/python tools/make-tfds-fixture.py

Run from the root of the repository; fixtures/tfds/ is replaced. Made with Python 3.11,
tensorflow-cpu 2.21.0, tensorflow-datasets 4.9.10, Pillow 13.0.0.

    tiny_scenes/1.2.0         PNG and JPEG of several sizes, scalars, texts, nested and ragged objects
    tiny_digits/small/3.0.1   plain classification: `image`, `label`, no validation split
    expected.json             for each folder and split, in file order: every value but the pixels
    expected.safetensors      the pixels, u8 [height, width, channels], as NAME/SPLIT/INDEX/FEATURE;
                              for JPEG also what Pillow decodes, as .../FEATURE.pillow
"""

import io
import json
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image
from safetensors.numpy import save_file

OUT = pathlib.Path("fixtures/tfds")
SHAPES = ["cube", "sphere", "cylinder"]
COLORS = ["red", "green", "blue", "grey"]


def picture(random, height, width, channels=3):
    """A smooth ramp with some noise: neither flat nor hopeless for JPEG."""
    y, x, c = np.meshgrid(
        np.arange(height), np.arange(width), np.arange(channels), indexing="ij"
    )
    slope = random.uniform(-8, 8, size=2)
    ramp = 128 + slope[0] * (y - height / 2) + slope[1] * (x - width / 2) + 25 * c
    return np.clip(ramp + random.normal(0, 6, ramp.shape), 0, 255).astype(np.uint8)


def scene(random, i):
    height, width = 6 + i % 5, 5 + i % 7
    objects = [
        {
            "3d_coords": random.normal(size=3).astype(np.float32),
            "color": COLORS[random.integers(4)],
            "pixel_coords": random.uniform(0, 480, 3).astype(np.float32),
            "rotation": np.float32(random.uniform(0, 360)),
        }
        for _ in range(i % 4)  # none, too
    ]
    return {
        "image": picture(random, height, width),
        "photo": picture(random, 16 + i % 3, 24),
        "mask": picture(random, height, width, 1),
        "image/file_name": f"scene_{i:03}_äöü.png",
        "label": SHAPES[random.integers(3)],
        "big": (-1) ** i * 2 ** (2 * i),
        "flag": bool(i % 2),
        "matrix": random.normal(size=(2, 3)).astype(np.float32),
        "objects": objects,
        "question_answer": [f"question {j} of {i}" for j in range(i % 3)],
        "paths": [[i, j] * j for j in range(i % 4)],
        "empty_text": "",
    }


SCENES = tfds.features.FeaturesDict({
    "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
    "photo": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
    "mask": tfds.features.Image(shape=(None, None, 1), encoding_format="png"),
    "image/file_name": tfds.features.Text(),
    "label": tfds.features.ClassLabel(names=SHAPES),
    "big": tfds.features.Scalar(np.int64),
    "flag": tfds.features.Scalar(np.bool_),
    "matrix": tfds.features.Tensor(shape=(2, 3), dtype=np.float32),
    "objects": tfds.features.Sequence({
        "3d_coords": tfds.features.Tensor(shape=(3,), dtype=np.float32),
        "color": tfds.features.ClassLabel(names=COLORS),
        "pixel_coords": tfds.features.Tensor(shape=(3,), dtype=np.float32),
        "rotation": tfds.features.Scalar(np.float32),
    }),
    "question_answer": tfds.features.Sequence(tfds.features.Text()),
    "paths": tfds.features.Sequence(tfds.features.Sequence(np.int64)),
    "empty_text": tfds.features.Text(),
})

DIGITS = tfds.features.FeaturesDict({
    "id": tfds.features.Text(),
    "image": tfds.features.Image(shape=(8, 8, 3), encoding_format="png"),
    "label": tfds.features.ClassLabel(num_classes=5),
})


def digits(random, n):
    return [
        {"id": f"{i}", "image": picture(random, 8, 8), "label": i % 5} for i in range(n)
    ]


def store(folder, name, version, features, splits, shards, config=None):
    return tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=version,
        config=config,
        features=features,
        split_datasets={split: list(enumerate(rows)) for split, rows in splits.items()},
        data_dir=folder,
        description="A tiny data set for tests.",
        download_config=tfds.download.DownloadConfig(num_shards=shards),
    )


def plain(value):
    """What JSON can hold, exactly: floats become their f32's shortest decimal in f64."""
    if isinstance(value, dict):
        return {key: plain(value) for key, value in value.items()}
    if isinstance(value, tf.RaggedTensor):
        return value.to_list()
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.tolist()
    if isinstance(value, (np.ndarray, list)):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return value.decode()
    return value.item()


def read_back(folder, name, images, values, pixels):
    """In file order: by default the library interleaves shards."""
    config = tfds.ReadConfig(interleave_cycle_length=1, add_tfds_id=True)
    builder = tfds.builder_from_directory(folder)
    raw_features = {key: tfds.decode.SkipDecoding() for key in images}
    for split in builder.info.splits:
        decoded = builder.as_dataset(split=split, read_config=config, shuffle_files=False)
        raw = builder.as_dataset(
            split=split, read_config=config, shuffle_files=False, decoders=raw_features
        )
        rows = []
        for i, (example, encoded) in enumerate(zip(tfds.as_numpy(decoded), tfds.as_numpy(raw))):
            for key in images:
                where = f"{name}/{split}/{i}/{key}"
                pixels[where] = np.ascontiguousarray(example.pop(key))
                if encoded[key].startswith(b"\xff\xd8"):
                    image = Image.open(io.BytesIO(encoded[key])).convert("RGB")
                    pixels[where + ".pillow"] = np.asarray(image)
            rows.append(plain(example))
        values.setdefault(name, {})[split] = rows


def main():
    random = np.random.default_rng(20240607)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    scenes = {
        "train": [scene(random, i) for i in range(23)],
        "test": [scene(random, i) for i in range(7)],
    }
    values, pixels = {}, {}
    with tempfile.TemporaryDirectory() as made:
        store(made, "tiny_scenes", "1.2.0", SCENES, scenes, 3)
        splits = {"train": digits(random, 40), "test": digits(random, 10)}
        config = tfds.core.BuilderConfig(name="small", version="3.0.1")
        store(made, "tiny_digits", "3.0.1", DIGITS, splits, 2, config)
        for name in ["tiny_scenes/1.2.0", "tiny_digits/small/3.0.1"]:
            shutil.copytree(pathlib.Path(made) / name, OUT / name)
    read_back(OUT / "tiny_scenes/1.2.0", "tiny_scenes", ["image", "photo", "mask"], values, pixels)
    read_back(OUT / "tiny_digits/small/3.0.1", "tiny_digits", ["image"], values, pixels)
    (OUT / "expected.json").write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n")
    save_file(pixels, OUT / "expected.safetensors")
    (OUT / "expected.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()

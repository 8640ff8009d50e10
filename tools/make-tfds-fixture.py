#!/usr/bin/env python3
r"""Writes fixtures/tfds/: tiny tensorflow-datasets folders, and what the official library reads back.

    python3 -m venv /tmp/tfds-venv
    /tmp/tfds-venv/bin/pip install tensorflow-cpu tensorflow-datasets \
        importlib_resources pillow safetensors
    /tmp/tfds-venv/bin/python tools/make-tfds-fixture.py

Run from the root of the repository; fixtures/tfds/ is replaced (with the argument `vtab` only the
stand-ins for VTAB-1k are). Made with Python 3.11,
tensorflow-cpu 2.21.0, tensorflow-datasets 4.9.10, Pillow 13.0.0.

    tiny_scenes/1.2.0         PNG and JPEG of several sizes, scalars, texts, nested and ragged objects
    tiny_digits/small/3.0.1   plain classification: `image`, `label`, no validation split
    clevr/3.1.0, kitti/3.2.0, dsprites/2.0.0
                              stand-ins with the official features (as far as labels of VTAB-1k are
                              made of them) and a few random examples, values on thresholds included
    expected.json             for each folder and split, in file order: every value but the pixels
    expected.safetensors      the pixels, u8 [height, width, channels], as NAME/SPLIT/INDEX/FEATURE;
                              for JPEG also what Pillow decodes, as .../FEATURE.pillow
    vtab.json                 for each task of VTAB-1k on the stand-ins: ids, labels and first image
                              of train, val and test, cut out by the official library
"""

import io
import json
import pathlib
import shutil
import sys
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


NUMBER = tfds.features.Scalar(np.float32)
TRIPLE = tfds.features.Tensor(shape=(3,), dtype=np.float32)
COLORS_OF_CLEVR = ["gray", "blue", "brown", "yellow", "red", "green", "purple", "cyan"]
CLEVR = tfds.features.FeaturesDict({
    "image": tfds.features.Image(),
    "file_name": tfds.features.Text(),
    "objects": tfds.features.Sequence({
        "color": tfds.features.ClassLabel(names=COLORS_OF_CLEVR),
        "material": tfds.features.ClassLabel(names=["rubber", "metal"]),
        "shape": tfds.features.ClassLabel(names=SHAPES),
        "size": tfds.features.ClassLabel(names=["small", "large"]),
        "rotation": NUMBER,
        "3d_coords": TRIPLE,
        "pixel_coords": TRIPLE,
    }),
    "question_answer": tfds.features.Sequence({
        "question": tfds.features.Text(),
        "answer": tfds.features.Text(),
    }),
})
KITTI_TYPES = ["Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc"]
KITTI = tfds.features.FeaturesDict({
    "image": tfds.features.Image(),
    "image/file_name": tfds.features.Text(),
    "objects": tfds.features.Sequence({
        "type": tfds.features.ClassLabel(names=KITTI_TYPES),
        "truncated": NUMBER,
        "occluded": tfds.features.ClassLabel(num_classes=4),
        "alpha": NUMBER,
        "bbox": tfds.features.BBoxFeature(),
        "dimensions": TRIPLE,
        "location": TRIPLE,
        "rotation_y": NUMBER,
    }),
})
DSPRITES = tfds.features.FeaturesDict({
    "image": tfds.features.Image(shape=(64, 64, 1)),
    "label_shape": tfds.features.ClassLabel(num_classes=3),
    "label_scale": tfds.features.ClassLabel(num_classes=6),
    "label_orientation": tfds.features.ClassLabel(num_classes=40),
    "label_x_position": tfds.features.ClassLabel(num_classes=32),
    "label_y_position": tfds.features.ClassLabel(num_classes=32),
    "value_orientation": NUMBER,
    "value_x_position": NUMBER,
})


def clevr(random, i):
    thresholds = [8.0, 8.5, 9.0, 9.5, 10.0]
    nearest = thresholds[i % 5] if i % 2 else random.uniform(6, 12)
    depths = [nearest] + list(random.uniform(nearest, 15, size=2 + i % 8))
    random.shuffle(depths)
    return {
        "image": picture(random, 8, 12),
        "file_name": f"CLEVR_train_{i:06}.png",
        "question_answer": [{"question": "Why?", "answer": "no"}] * (i % 3),
        "objects": [
            {
                "color": int(random.integers(8)),
                "material": int(random.integers(2)),
                "shape": int(random.integers(3)),
                "size": int(random.integers(2)),
                "rotation": np.float32(random.uniform(0, 360)),
                "3d_coords": random.normal(size=3).astype(np.float32),
                "pixel_coords": np.array([*random.uniform(0, 480, 2), depth], np.float32),
            }
            for depth in depths
        ],
    }


def kitti(random, i):
    def thing(j):
        depth = [8.0, 20.0, -3.5][j % 3] if (i + j) % 4 == 0 else random.uniform(1, 60)
        return {
            "type": int(random.integers(8)),
            "truncated": np.float32(0),
            "occluded": int(random.integers(4)),
            "alpha": np.float32(random.uniform(-3, 3)),
            "bbox": tfds.features.BBox(ymin=0.1, xmin=0.2, ymax=0.5, xmax=0.6),
            "dimensions": random.uniform(1, 4, 3).astype(np.float32),
            "location": np.array([*random.normal(size=2), depth], np.float32),
            "rotation_y": np.float32(0),
        }

    return {
        "image": picture(random, 6, 18),
        "image/file_name": f"{i:06}.png",
        "objects": [thing(j) for j in range(i % 5)],  # none, too
    }


def sprite(random, i):
    image = np.zeros((64, 64, 1), np.uint8)
    y, x = random.integers(0, 48, size=2)
    image[y : y + 9, x : x + 13] = 1
    orientation, position = (7 * i) % 40, (5 * i) % 32
    return {
        "image": image,
        "label_shape": int(random.integers(3)),
        "label_scale": int(random.integers(6)),
        "label_orientation": orientation,
        "label_x_position": position,
        "label_y_position": int(random.integers(32)),
        "value_orientation": np.float32(orientation / 39 * 2 * np.pi),
        "value_x_position": np.float32(position / 31),
    }


def last_below(thresholds, value):
    return max(i for i, threshold in enumerate(thresholds) if threshold < value)


def clevr_distance(example):
    depth = min(float(z) for _, _, z in example["objects"]["pixel_coords"])
    return last_below([0, 8, 8.5, 9, 9.5, 10, 100], depth)


def kitti_distance(example):
    objects = example["objects"]
    vehicles = [
        float(z)
        for kind, (_, _, z) in zip(objects["type"], objects["location"])
        if KITTI_TYPES[kind] in ("Car", "Van", "Truck")
    ]
    return last_below([-100, 8, 20, 999], min(vehicles)) if vehicles else 3


# With so few examples, train[:800] and validation[:200] are all of them.
CLEVR_PARTS = ["train", "train[90%:]", "validation"]
SPRITE_PARTS = ["train", "train[80%:]", "train[90%:]"]
TASKS = {
    "clevr_count": ("clevr/3.1.0", CLEVR_PARTS, lambda e: len(e["objects"]["shape"]) - 3),
    "clevr_dist": ("clevr/3.1.0", CLEVR_PARTS, clevr_distance),
    "kitti": ("kitti/3.2.0", ["train", "validation", "test"], kitti_distance),
    "dsprites_loc": ("dsprites/2.0.0", SPRITE_PARTS, lambda e: e["label_x_position"] // 2),
    "dsprites_ori": ("dsprites/2.0.0", SPRITE_PARTS, lambda e: e["label_orientation"] * 2 // 5),
}


def vtab(random):
    """The stand-ins, and their tasks as the official library cuts them."""
    def rows(example, n):
        return [example(random, i) for i in range(n)]

    with tempfile.TemporaryDirectory() as made:
        splits = {name: rows(clevr, n) for name, n in [("train", 30), ("validation", 12)]}
        store(made, "clevr", "3.1.0", CLEVR, splits, 3)
        sizes = [("train", 20), ("validation", 8), ("test", 11)]
        store(made, "kitti", "3.2.0", KITTI, {name: rows(kitti, n) for name, n in sizes}, 2)
        store(made, "dsprites", "2.0.0", DSPRITES, {"train": rows(sprite, 50)}, 4)
        for name in ["clevr", "kitti", "dsprites"]:
            shutil.rmtree(OUT / name, ignore_errors=True)
            shutil.copytree(pathlib.Path(made) / name, OUT / name)
    config = tfds.ReadConfig(interleave_cycle_length=1, add_tfds_id=True)
    tasks = {}
    for task, (folder, parts, label) in TASKS.items():
        builder = tfds.builder_from_directory(OUT / folder)
        for name, part in zip(["train", "val", "test"], parts):
            read = builder.as_dataset(split=part, read_config=config, shuffle_files=False)
            examples = list(tfds.as_numpy(read.take(200) if name == "val" else read))
            image = examples[0]["image"]
            if folder.startswith("dsprites"):
                image = np.tile(image, [1, 1, 3]) * 255
            tasks.setdefault(task, {})[name] = {
                "ids": [example["tfds_id"].decode() for example in examples],
                "labels": [int(label(example)) for example in examples],
                "pixels": image.flatten().tolist() if name == "test" else None,
            }
    (OUT / "vtab.json").write_text(json.dumps(tasks) + "\n")


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
    if sys.argv[1:] == ["vtab"]:
        vtab(np.random.default_rng(20240608))
        return
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
    vtab(np.random.default_rng(20240608))


if __name__ == "__main__":
    main()

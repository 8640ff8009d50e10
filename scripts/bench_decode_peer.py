"""Decodes, resizes and normalizes a folder of images on command, with torchvision (bench-decode).

    bench_decode_peer.py write FOLDER COUNT     writes photo-like JPEGs
    bench_decode_peer.py serve FOLDER WORKERS   answers `run`, `dump PATH` and `quit`
"""
import pathlib
import sys
import time

import numpy as np
from PIL import Image

BATCH = 64


def photo(random, width, height):
    """Smooth noise at several scales, as photographs have."""
    levels = np.full((height, width, 3), 128.0)
    for size, strength in [(2, 60), (5, 40), (16, 25), (50, 14), (150, 8)]:
        small = random.normal(0, strength, (size * 3 // 4 + 2, size + 2, 3))
        channels = [Image.fromarray(small[..., c].astype(np.float32)) for c in range(3)]
        grown = [c.resize((width, height), Image.Resampling.BICUBIC) for c in channels]
        grey = np.asarray(grown[0])[..., None]
        levels += 0.7 * grey + 0.3 * np.stack(grown, -1)
    levels += random.normal(0, 3, (height, width, 1))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def write(folder, count):
    random = np.random.default_rng(1)
    for i in range(count):
        photo(random, 500, 375).save(folder / f"{i:04}.jpg", quality=90, subsampling="4:2:0")


def loader(folder, workers):
    import torch
    from torchvision import transforms

    torch.set_num_threads(workers)
    transform = transforms.Compose([
        transforms.Resize((224, 224), transforms.InterpolationMode.BILINEAR),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])

    class Folder(torch.utils.data.Dataset):
        paths = sorted(folder.iterdir())

        def __len__(self):
            return len(self.paths)

        def __getitem__(self, index):
            return transform(Image.open(self.paths[index]).convert("RGB"))

    return torch.utils.data.DataLoader(
        Folder(), batch_size=BATCH, num_workers=workers, persistent_workers=True)


def serve(folder, workers):
    batches = loader(folder, workers)
    print("ready", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["run"]:
                start = time.perf_counter()
                seen = sum(len(batch) for batch in batches)
                assert seen == len(batches.dataset)
                print(1e3 * (time.perf_counter() - start), flush=True)
            case ["dump", path]:
                next(iter(batches)).numpy().astype("<f4").tofile(path)
                print("ok", flush=True)
            case ["versions"]:
                import PIL
                import torch
                import torchvision
                print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, "
                      f"Pillow {PIL.__version__}", flush=True)
            case _:
                break


if __name__ == "__main__":
    command, folder, number = sys.argv[1:]
    {"write": write, "serve": serve}[command](pathlib.Path(folder), int(number))

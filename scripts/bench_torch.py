"""A Python with PyTorch for scripts that compare with it, and random weights for both sides."""
import subprocess
import sys

# Requirements of PyTorch's Linux wheel that `import torch` does without.
UNUSED = ("triton", "cuda-bindings", "setuptools")


def environment(folder):
    """The Python of a virtual environment with PyTorch, made once."""
    python = folder / "bin" / "python"
    works = [python, "-c", "import torch, numpy, safetensors.torch"]
    if python.exists() and subprocess.run(works, capture_output=True).returncode == 0:
        return python
    say(f"installing PyTorch in {folder} (several GB with a wheel built for CUDA) ...")
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--no-cache-dir"]
    subprocess.run([*pip, "--no-deps", "torch"], check=True)
    # A wheel built for CUDA links its libraries and does not load without them.
    listing = "import importlib.metadata as m; print(*m.requires('torch'), sep='\\n')"
    wanted = subprocess.run([python, "-c", listing], check=True, capture_output=True, text=True)
    wanted = [r for r in wanted.stdout.splitlines() if "extra ==" not in r]
    wanted = [r for r in wanted if not r.startswith(UNUSED)]
    # pip complains on standard error about what was left out.
    subprocess.run([*pip, *wanted, "numpy", "safetensors"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(works, check=True)
    return python


def weights(folder, random_vit, name):
    """A file of random weights, written once by the example `random_vit`."""
    path, partial = folder / f"{name}.npz", folder / f"{name}.partial"
    if not path.exists():
        subprocess.run([random_vit, name, partial], check=True)
        partial.rename(path)
    return path


def say(text):
    print(text, file=sys.stderr, flush=True)

"""VGG16 in PyTorch: its forward pass, and the article's workflow as a plain script.

Started by `peers`, perhaps in an environment without the product's packages: imports none of them.
The script does what a good engineer does without a store of features: images are decoded once and
kept, the frozen part runs without gradients and all tensors are channels-last. The frozen part runs
in every epoch.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from benchmarks.peer import BLOCKS, MEAN_BGR, answer

LAST = "block5"


class Backbone(nn.Module):
    """VGG16 without its classifier, with the weights of the Keras model.

    Args:
        weights: File with `<layer>/kernel` and `<layer>/bias` of every convolution.
    """

    def __init__(self, weights: str) -> None:
        super().__init__()
        arrays = np.load(weights)
        self.blocks = nn.ModuleDict()
        channels = 3
        for name, (convolutions, filters) in BLOCKS.items():
            layers: list[nn.Module] = []
            for i in range(1, convolutions + 1):
                layer = nn.Conv2d(channels, filters, 3, padding=1)
                kernel = arrays[f"{name}_conv{i}/kernel"].transpose(3, 2, 0, 1)
                layer.weight.data = torch.from_numpy(np.ascontiguousarray(kernel))
                layer.bias.data = torch.from_numpy(arrays[f"{name}_conv{i}/bias"])
                layers += [layer, nn.ReLU(inplace=True)]
                channels = filters
            self.blocks[name] = nn.Sequential(*layers, nn.MaxPool2d(2))
        self.register_buffer("mean", torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
        self.to(memory_format=torch.channels_last)

    def prepared(self, images: torch.Tensor) -> torch.Tensor:
        """Turns uint8 `(batch, height, width, 3)` RGB into what the weights expect."""
        x = images.permute(0, 3, 1, 2).float().flip(1) - self.mean
        return x.contiguous(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features in Keras' order, flat."""
        x = self.prepared(images)
        for block in self.blocks.values():
            x = block(x)
        return x.permute(0, 2, 3, 1).flatten(1)


class Classifier(nn.Module):
    """The backbone with the article's head."""

    def __init__(self, backbone: Backbone, features: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Sequential(
            nn.Linear(features, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 1)
        )

    def forward(self, images: torch.Tensor, last_block: bool = False) -> torch.Tensor:
        """Logits; gradients reach the last block only where asked for."""
        with torch.no_grad():
            x = self.backbone.prepared(images)
            for name, block in self.backbone.blocks.items():
                if name != LAST:
                    x = block(x)
        with torch.set_grad_enabled(last_block and torch.is_grad_enabled()):
            x = self.backbone.blocks[LAST](x)
        return self.head(x.permute(0, 2, 3, 1).flatten(1))[:, 0]


def main(arguments: list[str]) -> None:
    """Runs the workflow, or answers requests to time the pass."""
    given = json.loads(arguments[0])
    torch.manual_seed(0)
    backbone = Backbone(given["weights"]).eval()
    if "folder" in given:
        workflow(backbone, given)
        return

    def forward(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return backbone(torch.from_numpy(images)).numpy()

    answer(given, forward)


def workflow(backbone: Backbone, given: dict) -> None:
    """Ten head epochs, test, two epochs from the last block, test; prints the epochs' seconds."""
    splits = {name: read(Path(given["folder"]) / name, given["size"]) for name in given["splits"]}
    with torch.inference_mode():
        features = backbone(splits["train"][0][:1]).shape[1]
    model = Classifier(backbone, features)
    head = train(model, splits, model.head.parameters(), given["head"], False)
    accuracy(model, *splits["test"])
    chosen = [*model.head.parameters(), *backbone.blocks[LAST].parameters()]
    tuned = train(model, splits, chosen, given["fine_tune"], True)
    accuracy(model, *splits["test"])
    print(json.dumps({"head_epochs": head, "fine_tune_epochs": tuned}))


def read(folder: Path, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Decodes a split: folders named 0 and 1."""
    paths = sorted(folder.glob("*/*.jpg"))
    box = (size, size)
    images = [
        np.asarray(Image.open(p).convert("RGB").resize(box, Image.Resampling.BILINEAR))
        for p in paths
    ]
    labels = [float(path.parent.name) for path in paths]
    return torch.from_numpy(np.stack(images)), torch.tensor(labels)


def train(
    model: Classifier,
    splits: dict[str, tuple[torch.Tensor, torch.Tensor]],
    parameters: Sequence[nn.Parameter],
    given: dict,
    last_block: bool,
) -> list[float]:
    """Trains, keeps the best epoch's weights, and gives each epoch's seconds."""
    images, labels = splits["train"]
    optimizer = torch.optim.Adam(parameters, lr=given["learning_rate"])
    loss_of = nn.BCEWithLogitsLoss()
    best, state, seconds = -1.0, {}, []
    for _ in range(given["epochs"]):
        began = time.perf_counter()
        model.head.train()
        for rows in torch.randperm(len(images)).split(given["batch_size"]):
            optimizer.zero_grad()
            loss_of(model(images[rows], last_block), labels[rows]).backward()
            optimizer.step()
        reached = accuracy(model, *splits["val"])
        if reached > best:
            best, state = reached, copy.deepcopy(model.state_dict())
        seconds.append(time.perf_counter() - began)
    model.load_state_dict(state)
    return seconds


def accuracy(model: Classifier, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of images that are classified rightly."""
    model.head.eval()
    with torch.inference_mode():
        logits = torch.cat([model(part) for part in images.split(32)])
    return float(((logits > 0).float() == labels).float().mean())


if __name__ == "__main__":
    main(sys.argv[1:])

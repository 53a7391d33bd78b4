"""The mean image of a class is the mean of its training images, and only of those."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from core.charts import mean_image
from core.datasets.means import SIDE, mean_images
from tests.decoded import scanned


def table(root: Path) -> pd.DataFrame:
    greys = {"cat": (("train", 40), ("train", 60), ("test", 200)), "dog": (("val", 10),)}
    rows = []
    for name, images in greys.items():
        for i, (split, grey) in enumerate(images):
            Image.new("RGB", (9, 5), (grey, grey, 0)).save(root / f"{name}{i}.png")
            file = scanned(root / f"{name}{i}.png")
            rows.append((file.name, name, split, True, file.sha256, file.size))
    rows.append(("gone.png", "cat", "train", True, "5f", 9))
    rows.append(("bad.png", "cat", "train", False, "5f", 9))
    columns = ["path", "class_name", "split", "usable", "sha256", "bytes"]
    return pd.DataFrame(rows, columns=columns)


def test_means_are_of_training_images_that_can_be_read(tmp_path: Path) -> None:
    means = mean_images(tmp_path, table(tmp_path), ("cat", "dog"))

    assert (means.shape, means.dtype) == ((2, SIDE, SIDE, 3), np.uint8)
    assert (means[0] == (50, 50, 0)).all()
    assert (means[1] == 255).all()


def test_the_chart_has_a_picture_a_class() -> None:
    means = np.zeros((8, 4, 4, 3), np.uint8)
    names = [f"class {i}" for i in range(8)]

    chart = mean_image.figure(means, names)

    assert [trace.name for trace in chart.data] == names
    assert [title.text for title in chart.layout.annotations] == names
    assert np.asarray(chart.data[0].z).shape == (4, 4, 3)

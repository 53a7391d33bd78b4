"""Answers images over HTTP with one model: `python -m core.serve MODEL`.

MODEL is a run's folder or a `.tflite` file. `POST /predict` takes one image or several in the field
`images` of a form; `GET /health` says that the model is there; `/docs` describes both. Needs the
packages of `requirements-serve.txt`, and no TensorFlow, unless the run's LiteRT model has to be
made first: another process does that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import FastAPI, File, HTTPException, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from core.datasets.apart import decoders
from core.errors import InvalidImageError, UnfreezeError
from core.evaluation.answers import Answer
from core.evaluation.batcher import Batcher
from core.evaluation.classifier import Classifier
from core.evaluation.model_files import open_model
from core.settings import Settings

MOST_IMAGES = 64
MAX_IMAGE_BYTES = 30_000_000
MAX_REQUEST_BYTES = 200_000_000
# Images that the model runs at once, and the largest that are not run one by one: what lies
# between the layers of a large model would take gigabytes.
BATCH = 8
LARGEST_TOGETHER = 256


@dataclass
class ImageAnswer:
    """Prediction for one image.

    Attributes:
        file: Its name.
        class_name: The class, or "none of these"; None for a file that cannot be read.
        probability: Of the most probable class, between 0 and 1.
        probabilities: Of every class, by name.
        error: What is wrong with the file, or None.
    """

    file: str
    class_name: str | None = None
    probability: float | None = None
    probabilities: dict[str, float] | None = None
    error: str | None = None


@dataclass
class Health:
    """That the model is there, and what it is.

    Attributes:
        status: Always `ok`.
        class_names: In the order of the labels.
        image_size: Height and width that images are resized to, in pixels.
    """

    status: str
    class_names: list[str]
    image_size: int


def make_app(
    classifier: Classifier,
    threshold: float,
    max_pixels: int,
    max_request_bytes: int = MAX_REQUEST_BYTES,
) -> FastAPI:
    """Builds the application.

    Args:
        classifier: The model; what several requests ask at the same time is run together.
        threshold: Lowest probability that counts; below it the answer is "none of these".
        max_pixels: Most pixels of an image.
        max_request_bytes: Largest request.
    """
    app = FastAPI(title="Unfreeze", description="One image classifier.")
    if classifier.image_size <= LARGEST_TOGETHER:
        classifier.run_together(BATCH)
    batcher = Batcher(classifier.classify, BATCH)

    def predict(images: Annotated[list[UploadFile], File()]) -> list[ImageAnswer]:
        """Classifies the images of the form's field `images`, in their order."""
        if len(images) > MOST_IMAGES:
            raise HTTPException(413, f"{len(images)} images; the limit is {MOST_IMAGES}.")
        found = [_decoded(file, classifier.image_size, max_pixels) for file in images]
        return [_told(each, classifier, threshold) for each in _classified(found, batcher)]

    def health() -> Health:
        """Report that the model is loaded, and which it is."""
        return Health("ok", list(classifier.class_names), classifier.image_size)

    async def limited(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        # Before the form is read: reading it is what a large one would cost.
        length = request.headers.get("content-length", "")
        if request.method == "POST" and not length.isdigit():
            return JSONResponse({"detail": "Content-Length is missing."}, 411)
        if length.isdigit() and int(length) > max_request_bytes:
            told = f"{int(length):,} bytes; the limit is {max_request_bytes:,}."
            return JSONResponse({"detail": told}, 413)
        return await call_next(request)

    app.add_api_route("/predict", predict, methods=["POST"])
    app.add_api_route("/health", health, methods=["GET"])
    app.middleware("http")(limited)
    return app


def _decoded(file: UploadFile, image_size: int, max_pixels: int) -> Answer:
    """One file as the model sees it, or what is wrong with it."""
    name = file.filename or "image"
    data = file.file.read(MAX_IMAGE_BYTES + 1)
    try:
        if len(data) > MAX_IMAGE_BYTES:
            raise InvalidImageError(
                f"{name} has more than {MAX_IMAGE_BYTES:,} bytes.", "Send a smaller file."
            )
        return Answer(name, decoders().decode(data, name, image_size, max_pixels))
    except InvalidImageError as error:
        return Answer(name, error=error)


def _classified(decoded: list[Answer], batcher: Batcher) -> list[Answer]:
    """The same with probabilities, where there is an image."""
    images = [each.image for each in decoded if each.image is not None]
    if not images:
        return decoded
    rows = iter(batcher.classify(np.stack(images)))
    return [
        each if each.image is None else replace(each, probabilities=next(rows)) for each in decoded
    ]


def _told(found: Answer, classifier: Classifier, threshold: float) -> ImageAnswer:
    if found.probabilities is None:
        return ImageAnswer(found.name, error=str(found.error))
    values = [float(value) for value in found.probabilities]
    return ImageAnswer(
        found.name,
        class_name=found.class_name(classifier.class_names, threshold),
        probability=max(values),
        probabilities=dict(zip(classifier.class_names, values, strict=True)),
    )


def _tell_waiting() -> None:
    sys.stderr.write("Making the LiteRT model, once; about ten seconds.\n")


def main(arguments: Sequence[str]) -> int:
    """Serves until it is ended.

    Returns:
        The exit code: 2 where there is no such model.
    """
    parser = argparse.ArgumentParser(prog="python -m core.serve", description=__doc__)
    parser.add_argument("model", type=Path, help="a run's folder, or a .tflite file")
    parser.add_argument("--host", default="127.0.0.1", help="default: this machine only")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    try:
        classifier, threshold = open_model(options.model, _tell_waiting)
    except UnfreezeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    import uvicorn

    app = make_app(classifier, threshold, Settings.from_environment().max_pixels)
    uvicorn.run(app, host=options.host, port=options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

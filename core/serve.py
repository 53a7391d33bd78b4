"""Answers images over HTTP with one model: `python -m core.serve MODEL`.

MODEL is a run's folder or a `.tflite` file. `POST /predict` takes one image or several in the field
`images` of a form; `GET /health` says that the model is there; `/docs` describes both. Needs the
packages of `requirements-serve.txt`, and no TensorFlow.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, File, HTTPException, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from core.errors import UnfreezeError
from core.evaluation.answers import answer
from core.evaluation.classifier import Classifier
from core.evaluation.model_files import open_model
from core.settings import Settings

MOST_IMAGES = 64
MAX_IMAGE_BYTES = 30_000_000
MAX_REQUEST_BYTES = 200_000_000


@dataclass
class ImageAnswer:
    """What the model says of one image.

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
        classifier: The model; it answers one request at a time.
        threshold: Lowest probability that counts; below it the answer is "none of these".
        max_pixels: Most pixels of an image.
        max_request_bytes: Largest request.
    """
    app = FastAPI(title="Unfreeze", description="One image classifier.")
    lock = threading.Lock()

    def predict(images: Annotated[list[UploadFile], File()]) -> list[ImageAnswer]:
        """Classifies the images of the form's field `images`, in their order."""
        if len(images) > MOST_IMAGES:
            raise HTTPException(413, f"{len(images)} images; the limit is {MOST_IMAGES}.")
        return [_answered(file, classifier, threshold, max_pixels, lock) for file in images]

    def health() -> Health:
        """Whether the model is there, and what it is."""
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


def _answered(
    file: UploadFile, classifier: Classifier, threshold: float, max_pixels: int, lock: Any
) -> ImageAnswer:
    name = file.filename or "image"
    data = file.file.read(MAX_IMAGE_BYTES + 1)
    if len(data) > MAX_IMAGE_BYTES:
        return ImageAnswer(name, error=f"It has more than {MAX_IMAGE_BYTES:,} bytes.")
    with lock:  # the runtime is not for several threads at once
        found = answer(classifier, name, data, max_pixels)
    if found.error is not None or found.probabilities is None:
        return ImageAnswer(name, error=str(found.error))
    values = [float(value) for value in found.probabilities]
    return ImageAnswer(
        name,
        class_name=found.class_name(classifier.class_names, threshold),
        probability=max(values),
        probabilities=dict(zip(classifier.class_names, values, strict=True)),
    )


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
        classifier, threshold = open_model(options.model)
    except UnfreezeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    import uvicorn

    app = make_app(classifier, threshold, Settings.from_environment().max_pixels)
    uvicorn.run(app, host=options.host, port=options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""VGG16's forward pass in ONNX Runtime, from a graph that is written here.

Started by `peers`, perhaps in an environment without the product's packages: imports none of them.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peer import BLOCKS, MEAN_BGR, answer


def vgg16(weights: str) -> bytes:
    """The model: uint8 `(batch, height, width, 3)` RGB in, flat features in Keras' order out."""
    arrays = np.load(weights)
    constants = {
        "mean": np.array(MEAN_BGR, np.float32).reshape(1, 3, 1, 1),
        "flat": np.array([0, -1], np.int64),
        "bgr": np.array([2, 1, 0], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["rgb"], perm=[0, 3, 1, 2]),
        helper.make_node("Gather", ["rgb", "bgr"], ["flipped"], axis=1),
        helper.make_node("Sub", ["flipped", "mean"], ["x"]),
    ]
    x = "x"
    for block, (convolutions, _) in BLOCKS.items():
        for i in range(1, convolutions + 1):
            name = f"{block}_conv{i}"
            kernel = arrays[f"{name}/kernel"].transpose(3, 2, 0, 1)
            constants |= {f"{name}_w": kernel, f"{name}_b": arrays[f"{name}/bias"]}
            inputs = [x, f"{name}_w", f"{name}_b"]
            nodes.append(helper.make_node("Conv", inputs, [name], pads=[1, 1, 1, 1]))
            x = f"{name}_relu"
            nodes.append(helper.make_node("Relu", [name], [x]))
        pooled = f"{block}_pool"
        halved = {"kernel_shape": [2, 2], "strides": [2, 2]}
        nodes.append(helper.make_node("MaxPool", [x], [pooled], **halved))
        x = pooled
    nodes.append(helper.make_node("Transpose", [x], ["last"], perm=[0, 2, 3, 1]))
    nodes.append(helper.make_node("Reshape", ["last", "flat"], ["features"]))
    shape = ["batch", "height", "width", 3]
    graph = helper.make_graph(
        nodes,
        "vgg16",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", "values"])],
        [numpy_helper.from_array(np.ascontiguousarray(v), n) for n, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def main(arguments: list[str]) -> None:
    """Answers requests to time the pass."""
    given = json.loads(arguments[0])
    session = onnxruntime.InferenceSession(
        vgg16(given["weights"]), providers=["CPUExecutionProvider"]
    )
    answer(given, lambda images: session.run(None, {"images": images})[0])


if __name__ == "__main__":
    main(sys.argv[1:])

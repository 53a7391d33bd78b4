"""The graph of a functional Keras model: its steps in order, and where it can be cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class Step:
    """One operation of the graph.

    Attributes:
        operation: A layer, or an operation such as `keras.ops.flip`.
        output: Its output tensor.
        sources: Indices of the steps whose outputs it takes.
    """

    operation: keras.Operation
    output: keras.KerasTensor
    sources: tuple[int, ...]

    @property
    def name(self) -> str:
        """The operation's name, unique in the model."""
        return str(self.operation.name)


def graph_steps(model: keras.Model) -> list[Step]:
    """Lists the model's operations so that each comes after all that it needs.

    Walks back from the output, so that nodes which the layers have in other models (a prefix, a
    suffix) are not met.

    Args:
        model: A functional model with one input and one output.

    Returns:
        The steps; the input layer comes first and the output last.
    """
    steps: list[Step] = []
    index: dict[int, int] = {}
    stack: list[tuple[keras.KerasTensor, bool]] = [(model.outputs[0], False)]
    while stack:
        tensor, ready = stack.pop()
        if id(tensor) in index:
            continue
        operation, node_index, _ = tensor._keras_history
        inputs = operation._inbound_nodes[node_index].input_tensors
        if ready:
            index[id(tensor)] = len(steps)
            steps.append(Step(operation, tensor, tuple(index[id(t)] for t in inputs)))
            continue
        stack.append((tensor, True))
        stack.extend((t, False) for t in reversed(inputs))
    return steps


def replay(model: keras.Model, tensor: keras.KerasTensor) -> keras.KerasTensor:
    """Applies a model's operations, one by one, to another input tensor.

    The layers are the model's own, with their weights. A model that is used as a layer is taken
    apart as well, so that what results is flat: it can be cut anywhere.

    Args:
        model: A functional or sequential model with one input and one output.
        tensor: Takes the place of its input.

    Returns:
        The output.
    """
    new: dict[int, keras.KerasTensor] = {}
    for step in graph_steps(model):
        operation, node_index, tensor_index = step.output._keras_history
        if isinstance(operation, keras.layers.InputLayer):
            new[id(step.output)] = tensor
            continue
        node = operation._inbound_nodes[node_index]
        if isinstance(operation, keras.Model):
            result = replay(operation, new[id(node.input_tensors[0])])
        else:
            args, kwargs = node.arguments.fill_in(new)
            result = operation(*args, **kwargs)
        new[id(step.output)] = keras.tree.flatten(result)[tensor_index]
    return new[id(model.outputs[0])]


def cut_points(steps: Sequence[Step]) -> list[int]:
    """Finds the steps whose output alone carries everything that follows.

    Returns:
        Indices into `steps`, ascending. A step is a cut point where no earlier step's output is
        used by a later step.
    """
    last_use = list(range(len(steps)))
    for i, step in enumerate(steps):
        for source in step.sources:
            last_use[source] = i
    cuts = []
    reach = 0
    for i in range(len(steps)):
        if reach <= i:
            cuts.append(i)
        reach = max(reach, last_use[i])
    return cuts


def step_output(model: keras.Model, name: str) -> keras.KerasTensor:
    """The output tensor of the operation with that name.

    Raises:
        KeyError: If the model has none.
    """
    for step in graph_steps(model):
        if step.name == name:
            return step.output
    raise KeyError(name)


def multiply_adds(step: Step) -> int:
    """Multiply-add operations of one step for one image.

    Counts convolutions and dense layers, as is usual; additions, activations and normalization
    are left out.
    """
    layer = step.operation
    positions = 1
    for size in step.output.shape[1:-1]:
        positions *= int(size)
    if isinstance(layer, keras.layers.SeparableConv2D):
        kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
    elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense):
        kernels = [layer.kernel]
    else:
        return 0
    return positions * sum(_size(kernel) for kernel in kernels)


def _size(variable: keras.Variable) -> int:
    count = 1
    for size in variable.shape:
        count *= int(size)
    return count

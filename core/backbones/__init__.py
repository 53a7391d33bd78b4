"""Pretrained backbones: catalogue, blocks, weights, assembly with a head.

`catalog`, `block` and `account` are plain data and arithmetic for the pages; the other modules
import keras and belong to the worker.
"""

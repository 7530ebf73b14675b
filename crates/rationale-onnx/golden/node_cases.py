# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#     "onnx==1.16.2",
#     "numpy==1.26.4",
#     "protobuf==7.36.2",
# ]
# ///
"""The ONNX project's own cases of single operators, opset 21: writes node_cases.zip and docs/ONNX-NODE-CASES.md.

They come with the package `onnx`. The archive holds the cases of the operators and types that are run, as
NAME/model.onnx, NAME/input_0.pb, ... and NAME/output_0.pb, ... (`TensorProto`); a case whose name ends in `_expanded`
is the body of the function that defines the operator. A case that is left out stands in the document with its reason.
"""

import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import onnx
from onnx import AttributeProto, TensorProto, TypeProto

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "ONNX-NODE-CASES.md"
CASES = Path(onnx.__path__[0]) / "backend" / "test" / "data" / "node"
OLDEST = 9
# As in tests/node_cases.rs.
CORRECTED_LATER = ["test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True"]
OPERATORS = set("""
    Conv ConvTranspose Gemm MatMul Einsum
    BatchNormalization LayerNormalization InstanceNormalization GroupNormalization LRN
    Relu LeakyRelu PRelu Elu Selu Celu Gelu Erf Sigmoid HardSigmoid HardSwish Mish Softplus Softsign Tanh Clip
    Softmax LogSoftmax Dropout Identity
    MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool
    ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
    Add Sub Mul Div Pow Sqrt Exp Log Abs Neg Reciprocal Min Max Sum Mean Mod Floor Ceil Round Sign
    Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh
    Gather GatherElements GatherND Scatter ScatterElements ScatterND OneHot Trilu EyeLike NonZero
    Concat Split Slice Reshape Flatten Transpose Squeeze Unsqueeze Expand Tile Pad
    Resize Upsample DepthToSpace SpaceToDepth
    Where Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor Not IsNaN IsInf If BitwiseAnd BitwiseOr BitwiseXor BitwiseNot
    Cast CastLike Constant ConstantOfShape Shape Size Range
    ArgMax ArgMin TopK CumSum QuantizeLinear DequantizeLinear
""".split())
TYPES = {TensorProto.DataType.Value(name) for name in (
    "FLOAT DOUBLE FLOAT16 BOOL INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64"
).split()}


def graphs(graph):
    """The graph and all that lie in the attributes of its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs] if attribute.type == AttributeProto.GRAPH else []:
                yield from graphs(inner)


def element_types(graph):
    """The number of every type of element that the graph names."""
    for value in [*graph.input, *graph.output, *graph.value_info]:
        yield value.type.tensor_type.elem_type
    yield from (tensor.data_type for tensor in graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t.data_type
            if attribute.name in ("to", "dtype", "output_dtype"):
                yield attribute.i


def is_other_than_tensor(value: TypeProto):
    return value.WhichOneof("value") not in (None, "tensor_type")


def is_constant(name, graph):
    made = {output for node in graph.node if node.op_type == "Constant" for output in node.output}
    return name in made or any(tensor.name == name for tensor in graph.initializer)


def schema_of(node, opset):
    return onnx.defs.get_schema(node.op_type, opset, node.domain).since_version


def reason_against(name, model):
    """Why a case is left out, or nothing."""
    everything = list(graphs(model.graph))
    nodes = [node for graph in everything for node in graph.node]
    if any(is_other_than_tensor(value.type) for graph in everything for value in [*graph.input, *graph.output]):
        return "sequences or optional values"
    foreign = {kind for graph in everything for kind in element_types(graph)} - TYPES - {TensorProto.UNDEFINED}
    if foreign:
        return "type " + ", ".join(sorted(TensorProto.DataType.Name(kind).lower() for kind in foreign))
    unknown = {node.op_type for node in nodes if node.domain or node.op_type not in OPERATORS}
    if unknown:
        return "operator " + ", ".join(sorted(unknown))
    if "training" in name:
        return "training"
    if any(node.op_type == "If" and not is_constant(node.input[0], model.graph) for node in nodes):
        return "an If whose condition is no constant"
    [opset] = [entry.version for entry in model.opset_import if not entry.domain]
    if opset < OLDEST and any(schema_of(node, opset) != schema_of(node, OLDEST) for node in nodes):
        return f"an operator as it was before opset {OLDEST}"
    return None


def write_archive(chosen):
    with zipfile.ZipFile(HERE / "node_cases.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for folder in chosen:
            [data] = folder.glob("test_data_set_*")
            for path in [folder / "model.onnx", *sorted(data.glob("*.pb"))]:
                # Of one date, so that the bytes are the same each time.
                entry = zipfile.ZipInfo(f"{folder.name}/{path.name}", (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def write_document(chosen, omitted):
    counts = Counter(operator for operators in chosen.values() for operator in operators)
    opsets = Counter(model.opset_import[0].version for model in map(load, chosen))
    total = len(chosen) + sum(map(len, omitted.values()))
    lines = [
        "# Cases of the ONNX project",
        "",
        f"`crates/rationale-onnx/golden/node_cases.zip` holds {len(chosen)} of the {total} cases of single operators "
        f"that onnx {onnx.__version__} comes with.",
        "This file is written by `crates/rationale-onnx/golden/node_cases.py`.",
        "",
        "## Cases by operator",
        "",
        "A case counts for each operator in it; the bodies of functions have several.",
        "",
        ", ".join(f"{operator} {count}" for operator, count in sorted(counts.items())) + ".",
        "",
        "No case: " + ", ".join(sorted(OPERATORS - set(counts))) + ".",
        "",
        "By opset: " + ", ".join(f"{opset}: {count}" for opset, count in sorted(opsets.items())) + ". "
        f"Of a case older than opset {OLDEST}, every operator is what it is in opset {OLDEST}.",
        "",
        "## In the archive, and not compared",
        "",
        "The outputs of these are wrong, and later versions of ONNX correct them: the mean of a window that reaches beyond "
        "the pads, because the number of windows was rounded up, is one over what is within the pads.",
        "",
        *(f"- `{name}`" for name in CORRECTED_LATER),
        "",
        "## Left out",
        "",
    ]
    for reason, names in sorted(omitted.items()):
        lines += [f"- {reason} ({len(names)}): " + ", ".join(f"`{name}`" for name in names)]
    DOCUMENT.write_text("\n".join(lines) + "\n")


def load(folder):
    return onnx.load(folder / "model.onnx")


def main():
    chosen, omitted = {}, defaultdict(list)
    for folder in sorted(CASES.iterdir()):
        model = load(folder)
        reason = reason_against(folder.name, model)
        if reason:
            omitted[reason].append(folder.name)
        else:
            chosen[folder] = sorted({node.op_type for graph in graphs(model.graph) for node in graph.node})
    write_archive(chosen)
    write_document(chosen, omitted)
    print(len(chosen), "cases", (HERE / "node_cases.zip").stat().st_size, "bytes")


if __name__ == "__main__":
    main()

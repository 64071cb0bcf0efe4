"""A server nobody here wrote: llama.cpp's own, with a model of random weights made on the spot.

It speaks the OpenAI protocol by its own lights: chunks, usage, JSON schemas as grammars, errors.
What it says is nonsense, which is the point: nothing of a turn may depend on sense.
Standing alone: `python -m tests.llama --port N [--model FILE]`.
"""

import argparse
import sys
import tempfile
import threading
from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, INNER = 32, 4, 64
CONTEXT = 16_384  # tokens of one question
LOUD = 3.0  # so much more likely than bytes are words
SAID = """
the a of and to in is it that for as with by on this from are be at which what when how why force
mass energy water salt acid base bond sum line root loop list name value text trade price supply
demand law step first next then think look try write read course page answer question because so
"""
END, PAD = "<|end|>", "<|pad|>"
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"


def _bytes() -> list[str]:
    """The 256 bytes as GPT-2's vocabulary writes them."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    names = {byte: chr(byte) for byte in shown}
    names |= {byte: chr(256 + at) for at, byte in enumerate(hidden)}
    return [names[byte] for byte in range(256)]


def write(path: Path) -> None:
    """Write a model of one layer; always the same one. It takes about 10 ms."""
    chance = np.random.default_rng(7)
    tokens = [*_bytes(), END, PAD, *(f"Ġ{word}" for word in SAID.split()), "th"]
    kinds = [gguf.TokenType.NORMAL] * len(tokens)
    kinds[256] = kinds[257] = gguf.TokenType.CONTROL
    made = gguf.GGUFWriter(path, "llama")
    made.add_name("random")
    made.add_block_count(1)
    made.add_context_length(CONTEXT)
    made.add_embedding_length(WIDTH)
    made.add_feed_forward_length(INNER)
    made.add_head_count(HEADS)
    made.add_head_count_kv(HEADS)
    made.add_layer_norm_rms_eps(1e-5)
    made.add_rope_dimension_count(WIDTH // HEADS)
    made.add_vocab_size(len(tokens))
    made.add_tokenizer_model("gpt2")
    made.add_tokenizer_pre("gpt-2")
    made.add_token_list(tokens)
    made.add_token_types(kinds)
    made.add_token_merges(["t h"])
    made.add_bos_token_id(256)
    made.add_eos_token_id(256)
    made.add_pad_token_id(257)
    made.add_add_bos_token(False)
    made.add_chat_template(TEMPLATE)

    def some(*shape: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        return (chance.standard_normal(shape) * 0.3).astype(np.float32)

    told = some(len(tokens), WIDTH) * LOUD
    told[:258] = 0.0  # a byte alone is seldom text
    tensors = {"token_embd": some(len(tokens), WIDTH), "output": told}
    tensors["output_norm"] = np.ones(WIDTH, np.float32)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensors[f"blk.0.{name}"] = some(WIDTH, WIDTH)
    for name in ("ffn_gate", "ffn_up"):
        tensors[f"blk.0.{name}"] = some(INNER, WIDTH)
    tensors["blk.0.ffn_down"] = some(WIDTH, INNER)
    for name in ("attn_norm", "ffn_norm"):
        tensors[f"blk.0.{name}"] = np.ones(WIDTH, np.float32)
    for name, tensor in tensors.items():
        made.add_tensor(f"{name}.weight", tensor)
    made.write_header_to_file()
    made.write_kv_data_to_file()
    made.write_tensors_to_file()
    made.close()


def serve(model: Path, port: int) -> None:
    """Serve until the process is ended."""
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = str(model)
    asked.n_ctx = 2 * CONTEXT
    asked.n_parallel = 2
    asked.hostnames = ["127.0.0.1"]
    asked.port = port
    asked.ui = False
    asked.cpuparams.n_threads = 1
    server = xllamacpp.Server(asked)
    sys.stdout.write(f"{server.listening_address}/v1\n")
    sys.stdout.flush()
    threading.Event().wait()


def main() -> None:
    """Make a model where none is named, and serve it."""
    parser = argparse.ArgumentParser(prog="python -m tests.llama", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--model", type=Path, help="a GGUF file; else one of random weights")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = asked.model
        if model is None:
            model = Path(folder) / "random.gguf"
            write(model)
        serve(model, asked.port)


if __name__ == "__main__":
    main()

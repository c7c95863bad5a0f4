"""The tree is that of RFC 6962: compared with pymerkle, with the RFC's own recursion, and under mutated proofs."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from odzew.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    TreeError,
    completed_nodes,
    consistency_proof,
    grow,
    hashes_from_leaves,
    hashes_from_tiles,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)

MOST = 70
LEAVES = [leaf_hash(data=b"event %d" % n) for n in range(MOST)]
HASHES = hashes_from_leaves(leaves=LEAVES)
ROOTS = [root_at(size=n, hashes=HASHES) for n in range(MOST + 1)]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1 word for word: the slow twin."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def plain_proof(old: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 2.1.2 word for word (pymerkle splits further, so its paths differ though its roots agree)."""
    if old == len(leaves):
        return [] if whole else [plain_root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= k:
        return [*plain_proof(old, leaves[:k], whole), plain_root(leaves[k:])]
    return [*plain_proof(old - k, leaves[k:], False), plain_root(leaves[:k])]


def pymerkle_tree(size: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for n in range(size):
        tree.append_entry(b"event %d" % n)
    return tree


def mutations(proof: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Every proof with one bit flipped, one hash dropped, one repeated, two swapped, or one too many."""
    flipped = [(*proof[:i], bytes([h[0] ^ 1]) + h[1:], *proof[i + 1 :]) for i, h in enumerate(proof)]
    dropped = [(*proof[:i], *proof[i + 1 :]) for i in range(len(proof))]
    repeated = [(*proof[: i + 1], *proof[i:]) for i in range(len(proof))]
    swapped = [(*proof[:i], proof[i + 1], proof[i], *proof[i + 2 :]) for i in range(len(proof) - 1)]
    short = [(*proof[:i], h[:31], *proof[i + 1 :]) for i, h in enumerate(proof)]
    return [*flipped, *dropped, *repeated, *swapped, *short, (*proof, bytes(32))]


def test_the_vectors_of_certificate_transparency() -> None:
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [leaf_hash(data=bytes.fromhex(text)) for text in data]
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaves[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert Frontier().extend(leaves).root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_every_root_is_pymerkles_and_the_rfcs() -> None:
    tree, frontier = pymerkle_tree(MOST), Frontier()
    for size in range(MOST + 1):
        assert frontier.root == ROOTS[size] == plain_root(LEAVES[:size])
        assert size == 0 or tree.get_root(size) == frontier.root
        if size < MOST:
            frontier = frontier.append(LEAVES[size])


def test_every_inclusion_proof_is_pymerkles_and_only_it_verifies() -> None:
    tree = pymerkle_tree(MOST)
    for size in range(1, MOST + 1):
        for index in range(size):
            proof = inclusion_proof(index=index, size=size, hashes=HASHES)
            assert list(proof) == tree.prove_inclusion(index + 1, size).path[1:]
            assert verify_inclusion(index=index, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size])
            other = LEAVES[(index + 1) % MOST]
            assert not verify_inclusion(index=index, size=size, leaf=other, proof=proof, root=ROOTS[size])
            assert not verify_inclusion(index=index + 1, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size])


def test_every_consistency_proof_is_the_rfcs_and_agrees_with_pymerkle() -> None:
    tree = pymerkle_tree(MOST)
    for new in range(1, MOST + 1):
        for old in range(new + 1):
            proof = consistency_proof(old=old, new=new, hashes=HASHES)
            assert list(proof) == (plain_proof(old, LEAVES[:new], True) if old else [])
            assert verify_consistency(old=old, new=new, old_root=ROOTS[old], new_root=ROOTS[new], proof=proof)
            if 0 < old < new:
                tree.prove_consistency(old, new).verify(ROOTS[old], ROOTS[new], old, new, "sha256")
                wrong = ROOTS[old - 1]
                assert not verify_consistency(old=old, new=new, old_root=wrong, new_root=ROOTS[new], proof=proof)
                assert not verify_consistency(old=old, new=new, old_root=ROOTS[old], new_root=ROOTS[new - 1], proof=proof)


@given(st.integers(1, MOST), st.data())
def test_no_mutated_inclusion_proof_is_accepted(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    for proof in mutations(inclusion_proof(index=index, size=size, hashes=HASHES)):
        assert not verify_inclusion(index=index, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size])


@given(st.integers(1, MOST), st.data())
def test_no_mutated_consistency_proof_is_accepted(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    for proof in mutations(consistency_proof(old=old, new=new, hashes=HASHES)):
        assert not verify_consistency(old=old, new=new, old_root=ROOTS[old], new_root=ROOTS[new], proof=proof)


@given(st.integers(2, MOST), st.data())
def test_no_proof_links_a_rewritten_past(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*LEAVES[:changed], leaf_hash(data=b"forged"), *LEAVES[changed + 1 :]]
    hashes = hashes_from_leaves(leaves=forged)
    proof, root = consistency_proof(old=old, new=new, hashes=hashes), root_at(size=new, hashes=hashes)
    assert not verify_consistency(old=old, new=new, old_root=ROOTS[old], new_root=root, proof=proof)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=8), st.integers(-2, 80), st.integers(-2, 80), st.binary(max_size=40))
def test_verification_answers_and_never_raises(proof: list[bytes], a: int, b: int, root: bytes) -> None:
    verify_inclusion(index=a, size=b, leaf=root, proof=proof, root=root)
    verify_consistency(old=a, new=b, old_root=root, new_root=root, proof=proof)
    assert not verify_inclusion(index=b + 1, size=b, leaf=LEAVES[0], proof=proof, root=root)


@given(st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=50)
def test_batches_and_single_leaves_give_one_frontier_that_survives_storage(batches: list[int]) -> None:
    frontier, leaves = Frontier(), list[bytes]()
    for number, count in enumerate(batches):
        more = [leaf_hash(data=b"%d/%d" % (number, n)) for n in range(count)]
        leaves += more
        frontier = Frontier.from_bytes(data=frontier.extend(iter(more)).to_bytes())
    one_by_one = Frontier()
    for leaf in leaves:
        one_by_one = one_by_one.append(leaf)
    assert frontier == one_by_one
    assert frontier.root == plain_root(leaves)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=4), st.data())
@settings(max_examples=30, deadline=None)
def test_stored_tile_levels_serve_every_proof(batches: list[int], data: st.DataObject) -> None:
    store, frontier, leaves = dict[tuple[int, int], bytes](), Frontier(), list[bytes]()
    for number, count in enumerate(batches):
        more = [leaf_hash(data=b"%d.%d" % (number, n)) for n in range(count)]
        assert list(completed_nodes(frontier=frontier, leaves=more)) == list(grow(frontier=frontier, leaves=more)[1])
        frontier, nodes = grow(frontier=frontier, leaves=more)
        assert not {(level, index) for level, index, _ in nodes} & set(store), "a node is complete once"
        store |= {(level, index): value for level, index, value in nodes}
        leaves += more
    size, plain = len(leaves), hashes_from_leaves(leaves=leaves)
    assert store == {(level, i): plain(level, i) for level in (0, 8) for i in range(size >> level)}
    served = hashes_from_tiles(rows=lambda level, start, count: [store[level, start + i] for i in range(count)])
    assert root_at(size=size, hashes=served) == frontier.root
    if size:
        index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
        proof = inclusion_proof(index=index, size=size, hashes=served)
        assert verify_inclusion(index=index, size=size, leaf=leaves[index], proof=proof, root=frontier.root)
        old_root = root_at(size=old, hashes=plain)
        link = consistency_proof(old=old, new=size, hashes=served)
        assert verify_consistency(old=old, new=size, old_root=old_root, new_root=frontier.root, proof=link)


def test_level_sixteen_is_reached_and_leaves_can_be_left_out() -> None:
    leaves = [leaf_hash(data=n.to_bytes(4, "big")) for n in range((1 << 16) + 300)]
    nodes = list(completed_nodes(frontier=Frontier(), leaves=leaves, lowest=8))
    assert [(level, index) for level, index, _ in nodes] == [*((8, i) for i in range(257)), (16, 0)]
    assert nodes[-1][2] == plain_root(leaves[: 1 << 16])


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(TreeError):
        Frontier(size=2, peaks=(bytes(32), bytes(32)))
    for data in (b"", bytes(7), bytes(8) + bytes(32), bytes(8) + bytes(31), (3).to_bytes(8, "big") + bytes(32)):
        with pytest.raises(TreeError):
            Frontier.from_bytes(data=data)
    with pytest.raises(TreeError):
        Frontier().append(b"short")
    with pytest.raises(TreeError):
        inclusion_proof(index=3, size=3, hashes=HASHES)
    with pytest.raises(TreeError):
        consistency_proof(old=4, new=3, hashes=HASHES)
    with pytest.raises(TreeError):
        HASHES(1, 35)
    with pytest.raises(TreeError):
        hashes_from_tiles(rows=lambda level, start, count: [])(3, 0)


def test_a_leaf_is_never_mistaken_for_a_node() -> None:
    inner = node_hash(left=LEAVES[0], right=LEAVES[1])
    assert leaf_hash(data=LEAVES[0] + LEAVES[1]) != inner
    assert not verify_inclusion(index=0, size=1, leaf=leaf_hash(data=LEAVES[0] + LEAVES[1]), proof=(), root=inner)

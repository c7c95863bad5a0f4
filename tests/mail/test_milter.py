"""The milter: words are kept before they are accepted, pictures are refused before they are, and nothing makes it fall."""

from __future__ import annotations

import random
import socket
import struct
import threading
from email.message import EmailMessage

import pytest

from odzew.entrypoints.mail import milter_wire as wire
from odzew.entrypoints.mail.milter import Milter, is_ours, listen
from odzew.entrypoints.mail.mime import head_of, read_body
from odzew.foundation.errors import Unsafe
from odzew.notices.letters import Letter
from tests.mail.mails import CHOSEN, POST, Server, mail, packets, raw


def _refused(reply: bytes) -> str:
    assert reply[:1] == b"y", reply
    return reply[1:].rstrip(b"\0").decode("ascii")


def test_words_are_kept_and_the_mail_goes_no_further() -> None:
    server = Server()
    assert server.send(raw(mail())) == b"d"
    (letter,) = server.letters
    assert (letter.sender, letter.subject) == ("zosia@school.example", "A bridge") and POST in letter.text
    assert server.send(raw(mail("a <b>", html=f'<p>a bridge</p><a href="{POST}">here</a>'))) == b"d"


def test_a_page_without_plain_words_is_read_as_words_and_links() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "zosia@school.example", "x"
    message.set_content(f'<style>p{{}}</style><p>Look</p><a href="{POST}">here</a><script>x()</script>', subtype="html")
    server = Server()
    assert server.send(raw(message)) == b"d"
    assert server.letters[0].text == f"Look\nhere <{POST}>"


@pytest.mark.parametrize("language", ["en", "pl"])
def test_files_and_pictures_are_refused_in_one_sentence_with_the_form(language: str) -> None:
    server = Server(language=language)
    said = _refused(server.send(raw(mail(picture=True))))
    assert said.startswith("550 5.7.1 ") and said.endswith(" https://desk.example/")
    embedded = mail("see", html='<p>x</p><img src="data:image/png;base64,AAAA">')
    assert _refused(server.send(raw(embedded))).startswith("550 ")
    alone = EmailMessage()
    alone["From"] = "zosia@school.example"
    alone.set_content(b"\x89PNG", maintype="image", subtype="png")
    assert _refused(server.send(raw(alone))).startswith("550 ")
    attached = mail()
    attached.add_attachment("words in a file", filename="notes.txt")
    assert _refused(server.send(raw(attached))).startswith("550 ")
    forwarded = mail()
    forwarded.add_attachment(mail("the one before"))
    assert _refused(server.send(raw(forwarded))).startswith("550 ")
    assert _refused(server.send(b"From: a@b.example\r\nContent-Type: text/plain\r\n\r\n" + bytes(range(256)) * 20)).startswith(
        "550 "
    )
    assert server.letters == []


def test_a_signature_of_the_mail_is_no_file() -> None:
    body = b'--x\r\n\r\nLook at the bridge\r\n--x\r\nContent-Type: application/pgp-signature; name="s.asc"\r\n\r\nabc\r\n--x--\r\n'
    head = b'From: a@b.example\r\nContent-Type: multipart/signed; boundary="x"\r\n\r\n'
    server = Server()
    assert server.send(head + body) == b"d" and server.letters[0].text == "Look at the bridge"


def test_what_cannot_be_stored_is_not_accepted() -> None:
    server = Server(broken=True)
    assert _refused(server.send(raw(mail()))).startswith("451 4.3.0 ")


def test_ten_megabytes_are_refused_and_not_held() -> None:
    server = Server()
    message = b"From: a@b.example\r\n\r\n" + b"bridge\r\n" * (10 * 1024 * 128)
    assert _refused(server.send(message)).startswith("552 ")
    assert server.send(raw(mail())) == b"d"


def test_mail_to_others_passes_untouched_and_is_never_mixed_with_ours() -> None:
    server = Server()
    assert server.send(raw(mail(picture=True)), to=("office@desk.example",)) == b"a"
    assert _refused(server.send(raw(mail()), to=("report@desk.example", "office@desk.example"))).startswith("452 ")
    assert _refused(server.send(raw(mail()), to=("office@desk.example", "report@desk.example"))).startswith("452 ")
    assert server.letters == []
    assert server.send(raw(mail()), to=("report@desk.example", "Report+abc@DESK.example")) == b"d"
    assert not is_ours(address="xreport@desk.example", own="report@desk.example") and not is_ours(address="", own="")


def test_an_empty_mail_is_a_letter_without_words() -> None:
    server = Server()
    assert server.send(b"From: a@b.example\r\n\r\n") == b"d" and server.letters[0].words == ""


def test_deep_and_many_parts_end_at_a_limit() -> None:
    part = b"a bridge"
    for n in range(2000):
        part = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) + part + b"\r\n--b%d--\r\n" % n
    head, _, body = part.partition(b"\r\n\r\n")
    assert read_body(head=head_of(data=head), data=body).files
    many = b"".join(b"--x\r\n\r\na\r\n" for _ in range(20_000))
    found = read_body(head=head_of(data=b'Content-Type: multipart/mixed; boundary="x"'), data=many)
    assert found.files and len(found.plain) < 100


def _bent(message: bytes, chance: random.Random) -> bytes:
    data = bytearray(message)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randint(1, 80)]
            case 2:
                data[at:at] = bytes(data[: chance.randint(1, 120)])
            case _:
                data[at:at] = chance.choice(
                    [b"\r\n", b"--", b'"', b"=?utf-8?b?", b"=?x?q?=FF?=", b"\0", b"(", b"; boundary=", b"\xff"]
                )
    return bytes(data)


def test_two_thousand_bent_mails_are_kept_or_refused_and_never_more() -> None:
    chance = random.Random(7)
    seeds = [
        raw(mail("Zażółć most", html="<p>Zażółć <b>most</b></p>", picture=True)),
        raw(
            mail(
                "Zażółć most " * 30,
                subject="Zgłoszenie [#123] łąka",
                headers={"Authentication-Results": "mx.desk.example; dkim=pass"},
            )
        ),
        raw(mail("x", headers={"List-Id": "<a.b>"})),
    ]
    server = Server()
    for n in range(2000):
        reply = server.send(_bent(seeds[n % 3], chance))
        assert reply[:1] in b"dya", reply
    assert server.letters
    for letter in server.letters:
        assert not any(c in letter.ticket + letter.message_id + letter.sender for c in "\r\n\0")


def test_over_the_wire(tmp_path: object) -> None:
    kept: list[Letter] = []
    listener = listen(where="127.0.0.1:0")
    milter = Milter(listener=listener, chosen=CHOSEN, language="en", keep=kept.append, seconds=1.0)
    thread = threading.Thread(target=milter.live, daemon=True)
    thread.start()
    address = listener.getsockname()
    with (
        socket.create_connection(address) as one,
        socket.create_connection(address) as two,
        socket.create_connection(address) as bad,
    ):
        bad.sendall(struct.pack(">I", 1 << 31) + b"X")
        assert bad.recv(1) == b""
        for sock in (one, two):
            for packet in packets(raw(mail())):
                sock.sendall(wire.packet(command=packet.command, data=packet.data))
        for sock in (one, two):
            replies: list[bytes] = []
            while not replies or replies[-1] != b"d":
                got = wire.read_packet(sock, within=5)
                assert got is not None
                replies.append(got.command)
            assert replies[0] == b"O"
        one.settimeout(5)
        assert one.recv(1) == b""  # silent for too long
    milter.stopping.set()
    thread.join()
    listener.close()
    assert len(kept) == 2 and kept[0] == kept[1]


def test_it_listens_on_this_machine_only() -> None:
    with pytest.raises(Unsafe, match="MILTER"):
        listen(where="0.0.0.0:8893")


def test_bent_packets_end_the_connection_and_nothing_else() -> None:
    chance = random.Random(3)
    for _ in range(500):
        server = Server()
        for packet in packets(raw(mail())):
            data = bytes(chance.randrange(256) for _ in range(chance.randrange(40))) if chance.random() < 0.3 else packet.data
            try:
                server.session.answer(
                    wire.Packet(packet.command if chance.random() < 0.9 else bytes([chance.randrange(256)]), data)
                )
            except wire.Broken:
                break

#!/usr/bin/env python3
"""Checks an audit log of Rein: Python's standard library, and the command `openssl` for Ed25519 signatures.

    python3 rein_verify.py LOG [--vkey VKEY|FILE] [--head FILE ...]

LOG is the log's directory. --vkey is the log's key as you got it from somebody you trust; without it the log vouches
for itself. --head is a checkpoint (or head) of this log that you kept: nothing else shows that the end is missing, or
that all of it is another one. Exit code: 0 what is signed holds; 1 it could not be checked; 2 the log is not what was
signed; 3 it contradicts a kept head. What is not covered is printed: read it, too.
"""
import argparse, base64, hashlib, json, os, re, subprocess, sys, tempfile


class Invalid(Exception):
    """The log is not what was signed."""


# --- 1. Lines. A record is one line, and there is only one way to write what it says: its canonical form (RFC 8785).

def number(value):
    """A number as RFC 8785 wants it (ECMAScript). Python finds the same digits, and puts the point elsewhere."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(exponent or 0)  # where the point is, counted from the first digit
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    if len(digits) <= point <= 21:
        text = digits.ljust(point, "0")
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + "e%+d" % (point - 1)
    return ("-" if value < 0 else "") + text


def strict_number(text):
    value = float(text)
    if value in (float("inf"), float("-inf")) or number(value) != text:
        raise ValueError("the number %s is not in canonical form" % text[:40])
    return value


def strict_integer(text):
    return int(text) if len(text) < 16 else strict_number(text)


def no_constant(text):
    raise ValueError("%s is no JSON" % text)


def canonical(value):
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    return encode(value)


encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
decode = json.JSONDecoder(parse_float=strict_number, parse_int=strict_integer, parse_constant=no_constant).decode


def read_leaf(line, n):
    """The record in a line. A key that comes twice makes the line longer than its canonical form: comparing finds it."""
    if len(line) > 65535:
        raise ValueError("the line is longer than 65,535 bytes")
    text = line.decode("utf-8")
    record = decode(text)
    # Python's own encoder is fast; it differs from RFC 8785 in some floats, and in keys beyond U+FFFF.
    if encode(record) != text or (not text.isascii() and max(text) > "\uffff"):
        if canonical(record) != text:
            raise ValueError("the line is not in canonical form (RFC 8785)")
    if type(record) is not dict or type(record.get("n")) is not int or not isinstance(record.get("type"), str):
        raise ValueError("the line is no record with `n` and `type`")
    if record["n"] != n or record["type"] == "":
        raise ValueError("the line says that it is record %d of type `%s`" % (record["n"], record["type"]))
    return record


# --- 2. The tree of RFC 6962, kept as the roots of its complete subtrees, the largest first.

def sha256(data):
    return hashlib.sha256(data).digest()


def append_leaf(subtrees, size, leaf_hash):
    """Adds leaf number `size`, the first being 0."""
    while size % 2 == 1:
        leaf_hash = sha256(b"\x01" + subtrees.pop() + leaf_hash)
        size //= 2
    subtrees.append(leaf_hash)


def root_of(subtrees):
    root = subtrees[-1] if subtrees else sha256(b"")
    for left in reversed(subtrees[:-1]):
        root = sha256(b"\x01" + left + root)
    return root


# --- 3. Keys, and notes signed with them: C2SP signed-note and tlog-checkpoint.

def strict_base64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("`%s` is no base64" % text[:100])
    return data


class Key:
    """A verifier key: name, `+`, id in hex, `+`, base64 of 0x01 (Ed25519) and 32 bytes. The id follows from the rest."""

    def __init__(self, vkey):
        self.vkey, (self.name, key_id, key) = vkey, (vkey.split("+", 2) + ["", ""])[:3]
        key = strict_base64(key)
        self.id = sha256(self.name.encode() + b"\n" + key)[:4]
        if len(key) != 33 or key[0] != 1 or self.id.hex() != key_id:
            raise ValueError("`%s` is no verifier key for Ed25519" % vkey[:200])
        self.der = bytes.fromhex("302a300506032b6570032100") + key[1:]

    def verifies(self, text, signature):
        with tempfile.TemporaryDirectory() as temp:
            for name, data in ("key", self.der), ("text", text), ("signature", signature):
                with open(os.path.join(temp, name), "wb") as file:
                    file.write(data)
            command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in text -sigfile signature"
            return subprocess.run(command.split(), cwd=temp, capture_output=True).returncode == 0


# Origin, size, root (and lines that nobody knows yet); an empty line; signatures.
NOTE = re.compile("(([^\0-\x1f]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n(?:[^\0-\x1f]+\n)*)\n"
                  "((?:\u2014 [^\\s+]+ [A-Za-z0-9+/]{8,}={0,2}\n)+)")


class Note:
    def __init__(self, match):
        self.text, self.origin, size, root, signatures = match.groups()
        self.size, self.root = int(size), strict_base64(root)
        lines = [line.split(" ") for line in signatures.splitlines()]
        self.signatures = [(name, strict_base64(signature)) for _, name, signature in lines]

    def signed_by(self, key):
        """Whether the key signed it. A wrong signature of this key is an error; those of other keys say nothing."""
        mine = [data[4:] for name, data in self.signatures if name == key.name and data[:4] == key.id]
        if not all(key.verifies(self.text.encode(), signature) for signature in mine):
            raise Invalid("the signature of `%s` on the checkpoint of size %d is wrong" % (key.name, self.size))
        return bool(mine)


def read_notes(path):
    """The notes in a file, one after the other, and how many bytes a crash has left behind the last whole one."""
    data, notes, at = read_file(path), [], 0
    while match := re.compile(b"(?s).*?\n\n(?:\xe2\x80\x94 [^\n]*\n)+(?!\xe2\x80\x94 )").match(data, at):
        try:
            notes.append(Note(NOTE.fullmatch(match[0].decode("utf-8"))))
        except (ValueError, AttributeError):
            raise Invalid("`%s` has something at byte %d that is no checkpoint" % (path, at))
        at = match.end()
    return notes, len(data) - at


def read_file(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


# --- 4. The log: what it says itself, and whether that is what the notes say.

class Log:
    def __init__(self, path, key):
        self.path, self.key, self.size, self.subtrees = path, key, 0, []
        self.last, self.closed, self.uncovered = None, False, []
        self.epochs, self.recoveries, self.cuts, self.strays, self.removed, self.missing = {}, [], [], [], [], []
        self.read_checkpoints()
        self.segments = self.list_segments()
        self.firsts = {first for first, _ in self.segments}

    def read_checkpoints(self):
        """Each note is signed by the log's key, and no two contradict each other."""
        notes, rest = read_notes(os.path.join(self.path, "checkpoints"))
        newest, torn = read_notes(os.path.join(self.path, "checkpoint"))
        if rest:
            self.uncovered.append("the file `checkpoints` ends with %d bytes that are no note" % rest)
        if torn or len(newest) > 1 or (notes and not newest):
            raise Invalid("`checkpoint` is not one signed note")
        if any(after.size < before.size for before, after in zip(notes, notes[1:])):
            raise Invalid("the notes in `checkpoints` are not in their order")
        self.notes, self.roots = notes + newest, {}
        for note in self.notes:
            if note.origin != self.key.name or not note.signed_by(self.key):
                raise Invalid("the checkpoint of size %d is not signed by `%s`" % (note.size, self.key.name))
            if self.roots.setdefault(note.size, note.root) != note.root:
                raise Invalid("two different checkpoints of size %d are signed" % note.size)
        self.signed = max(self.roots, default=0)

    def list_segments(self):
        """First indices of all segments. Of one that retention removed, the hashes of its records are left."""
        names = os.listdir(os.path.join(self.path, "seg"))
        whole = {int(name[:16]) for name in names if re.fullmatch(r"\d{16}\.jsonl", name)}
        bare = {int(name[:16]) for name in names if re.fullmatch(r"\d{16}\.hashes", name)}
        return [(first, first in whole) for first in sorted(whole | {first for first in bare if first < max(whole, default=0)})]

    def leaves(self):
        """(hash, record) of all leaves; ends early where something that was never signed cannot be read."""
        for (first, is_whole), following in zip(self.segments, self.segments[1:] + [(None, True)]):
            path, end = os.path.join(self.path, "seg", "%016d.jsonl" % first), following[0]
            if first != self.size:
                raise Invalid("records %d to %d are missing" % (self.size, first - 1))
            if not is_whole:
                hashes = read_file(path.replace(".jsonl", ".hashes"))
                if len(hashes) != 32 * (end - first):
                    raise Invalid("the segment of records %d to %d is missing" % (first, end - 1))
                self.missing.append((first, end))
                yield from ((hashes[at:at + 32], None) for at in range(0, len(hashes), 32))
                continue
            with open(path, "rb") as file:
                while self.size != end and (line := file.readline(65537)):
                    try:
                        if not line.endswith(b"\n"):
                            raise ValueError("the line has no end, or is longer than 65,535 bytes")
                        record = read_leaf(line[:-1], self.size)
                        self.check_blobs(record)
                    except (ValueError, RecursionError) as error:
                        if self.size < self.signed or end is not None:
                            raise Invalid("record %d, line %d of `%s`: %s" % (self.size, self.size - first + 1, path, error))
                        self.uncovered.append("what follows record %d was never signed and is no record: %s" % (self.size - 1, error))
                        return
                    yield sha256(b"\x00" + line[:-1]), record
                if file.read(1):
                    self.strays.append((first, end))
        if self.size < self.signed:
            raise Invalid("records %d to %d were signed and are missing" % (self.size, self.signed - 1))

    def check_blobs(self, record):
        """A value that is too long for a line stands in a file; the line has its hash."""
        for field, value in record.items():
            if isinstance(value, dict) and set(value) == {"$blob", "bytes"} and re.fullmatch("[0-9a-f]{64}", str(value["$blob"])):
                name = "%016d.%s.json" % (record["n"], re.sub("[^A-Za-z0-9_-]", "_", field)[:40])
                data = read_file(os.path.join(self.path, "blobs", name))
                if sha256(data).hex() != value["$blob"] or len(data) != value["bytes"]:
                    raise ValueError("the file `blobs/%s` is missing or changed" % name)

    def check(self, wanted):
        """Reads all records; every checkpoint must have the root that they have. Returns the roots at sizes wanted."""
        found, good = {0: sha256(b"")}, 0
        for leaf_hash, record in self.leaves():
            append_leaf(self.subtrees, self.size, leaf_hash)
            if record is not None:
                self.obey(record)
            self.size += 1
            if self.size in self.roots or self.size in wanted:
                found[self.size] = root_of(self.subtrees)
                if self.roots.get(self.size, found[self.size]) != found[self.size]:
                    raise Invalid("of records %d to %d, at least one is not the one that was signed" % (good, self.size - 1))
                good = self.size
            if self.size % 50000 == 0 and sys.stderr.isatty():
                print("\r%d of %d" % (self.size, self.signed), end="\n" if self.size == self.signed else "", file=sys.stderr)
        if self.signed == 0 and self.size > 1:
            raise Invalid("there are records, and no checkpoint is signed")
        self.check_seals()
        self.check_cuts()
        for first, end in self.missing:
            if not any(start <= first and end <= to for start, to in self.removed):
                raise Invalid("the segment of records %d to %d is missing, and no retention explains it" % (first, end - 1))
            self.uncovered.append("records %d to %d were removed by retention; their hashes are checked" % (first, end - 1))
        return found

    def obey(self, record):
        """What a log may say about itself, and when."""
        n, kind, was, was_closed = record["n"], record["type"], self.last, self.closed
        self.last, self.closed = kind, kind == "log.close" or (was_closed and kind == "key.rotate")
        if kind == "log.recovered":
            self.recoveries.append((record.get("segment"), record.get("from")))
        begins = n in self.firsts
        if (kind == "log.begin") != (n == 0):
            raise Invalid("record %d is `%s`: a log begins once, and with its first record" % (n, kind))
        if was_closed and kind not in ("log.open", "log.recovered", "key.rotate"):
            raise Invalid("record %d follows the end of the log" % n)
        if (was == "key.rotate" or n % 65536 == 0) and not begins:
            raise Invalid("record %d should begin a segment" % n)
        if begins and was not in ("key.rotate", None):
            self.cuts.append(n)
        try:
            if kind == "log.begin" and (record["origin"], record["vkey"]) != (self.key.name, self.key.vkey):
                raise Invalid("the log began with another name or key")
            if kind in ("log.begin", "key.rotate"):
                key = Key(record["epochKey" if n == 0 else "vkey"])
                if record["epoch"] in self.epochs or key.name != "%s/e/%d" % (self.key.name, record["epoch"]):
                    raise Invalid("record %d announces the key of another epoch" % n)
                self.epochs[record["epoch"]] = (key, n)
            if kind == "log.retention":
                self.removed.append((record["removed"]["from"], record["removed"]["to"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid("record %d (`%s`) is incomplete: %s" % (n, kind, error))

    def check_cuts(self):
        """A segment ends with a rotation of keys, or a crash is on the record (once something behind it is signed): then
        what is behind its end came again."""
        segments, sizes = {segment for segment, _ in self.recoveries}, {size for _, size in self.recoveries}
        for first, following in self.strays:
            if following < self.signed and first not in segments and following not in sizes:
                raise Invalid("segment %d goes on behind its end, and no record tells of a crash" % first)
        for size in {size for size in self.cuts if size < self.signed} - sizes:
            raise Invalid("a segment ends before record %d, and no record says why" % size)

    def check_seals(self):
        """A segment that ended in order announces the key of the next epoch, and the next checkpoint is signed with the
        key of this one too, which is then destroyed: who steals the log's key cannot write another past."""
        first, last = min(self.epochs, default=0), max(self.epochs, default=-1)
        if len(self.epochs) != last - first + 1 or (first > 0 and not self.missing):
            raise Invalid("the epochs do not follow each other")
        for epoch in range(first, last + 1):
            key, end = self.epochs[epoch][0], self.epochs[epoch + 1][1] + 1 if epoch < last else None
            sizes = {note.size for note in self.notes if note.signed_by(key)}
            # At the very end of what is signed, the seal may be under way.
            if sizes - {end} or (end is not None and end < self.signed and not sizes):
                raise Invalid("epoch %d is not sealed by its own key, at its end and nowhere else" % epoch)


# --- 5. The verdict.

def read_head(text, generation=None):
    """A head as the log itself keeps it, in one line of JSON."""
    head = json.loads(text)
    if generation is not None and text != json.dumps({"generation": generation, "origin": head["origin"], "size": head["size"],
                                                      "root": head["root"]}, ensure_ascii=False, separators=(",", ":")) + "\n":
        raise ValueError("the head is not as it was written")
    return head["origin"], head["size"], strict_base64(head["root"])


def kept_heads(log, files):
    """(file, origin, size, root) of the heads that were kept: those that were named, and the newest beside the log."""
    for path in files:
        text = read_file(path).decode("utf-8")
        notes = [Note(match) for match in NOTE.finditer(text)]
        for note in notes:
            yield path, note.origin, note.size, note.root
        if not notes:
            yield (path, *read_head(text))
    place = os.path.join(log, "head")
    names = sorted(os.listdir(place), reverse=True) if os.path.isdir(place) else []
    beside = [os.path.join(place, name) for name in names if re.fullmatch(r"head\.\d{8,15}", name)]
    beside = [path for path in beside if read_file(path)]
    for path in beside:
        try:
            yield (path, *read_head(read_file(path).decode("utf-8"), int(path[path.rindex(".") + 1:])))
            return
        except (ValueError, KeyError, TypeError):
            continue
    if beside:
        raise Invalid("no head in `%s` can be read" % place)


def verify(options):
    own = read_file(os.path.join(options.log, "vkey")).decode("utf-8", "replace").strip()
    key = Key((read_file(options.vkey).decode("utf-8") if os.path.isfile(options.vkey) else options.vkey).strip() or own)
    if os.path.exists(os.path.join(options.log, "vkey")) and own != key.vkey:
        raise Invalid("the file `vkey` is not the key `%s`" % key.vkey)
    log = Log(options.log, key)
    heads = list(kept_heads(options.log, options.head))
    found = log.check({size for _, _, size, _ in heads})
    print("%s: %d records, %d of them signed, %d notes" % (key.name, log.size, log.signed, len(log.notes)))
    for path, origin, size, root in heads:
        if origin != key.name or found.get(size) != root:
            print("CONTRADICTION: by `%s` there were %d other records, or more than here" % (path, size))
            return 3
    not_covered = log.uncovered + [text for is_so, text in (
        (not options.vkey, "the key is the log's own: whoever made another log made another key"),
        (not options.head, "no head was given: a log that was cut back to an older checkpoint looks like this one"),
        (log.size > log.signed, "the last %d records are not signed" % (log.size - log.signed)),
        (not log.closed, "the log was not closed: somebody writes it, or its writer died, or its end is cut off"),
        (True, "gaps, unanswered decisions, clocks, cosignatures and the vault are for `rein audit verify`")) if is_so]
    print("\n".join(["VALID"] + ["not covered: " + text for text in not_covered]))
    return 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("--vkey", default="")
    parser.add_argument("--head", action="append", default=[])
    try:
        return verify(parser.parse_args(arguments))
    except Invalid as error:
        print("INVALID: %s" % error)
        return 2
    except (OSError, ValueError, KeyError, TypeError) as error:
        print("could not check: %s" % error)
        return 1
    except SystemExit as exit:
        return 1 if exit.code else 0


if __name__ == "__main__":
    sys.exit(main())

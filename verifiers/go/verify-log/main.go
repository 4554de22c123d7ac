// Verify-log checks an audit log of Rein with libraries that nobody of Rein wrote: golang.org/x/mod/sumdb/note for
// signatures, golang.org/x/mod/sumdb/tlog for the tree. It knows leaves and notes, and nothing of what they say: every
// note in `checkpoints` and `checkpoint` must be signed by the log's key, and the leaves must have the root that each
// of them names. For the rules of records (canonical form, epochs, large values) see ../../rein_verify.py.
//
//	verify-log LOG VKEY|FILE [HEAD...]
//
// HEAD is a checkpoint that was kept elsewhere. Exit code: 0 what is signed holds; 1 it could not be checked; 2 the log
// is not what was signed; 3 it contradicts a head.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	unreadable    = 1
	invalid       = 2
	contradiction = 3
)

func fail(code int, format string, args ...interface{}) {
	word := map[int]string{unreadable: "could not check", invalid: "INVALID", contradiction: "CONTRADICTION"}[code]
	fmt.Printf(word+": "+format+"\n", args...)
	os.Exit(code)
}

// A checkpoint is what a note says: a root for so many leaves.
type checkpoint struct {
	size int64
	root tlog.Hash
}

// Open reads one note, which must be signed by the log's key.
func open(text []byte, verifier note.Verifier) (checkpoint, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return checkpoint{}, errors.New("the note is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return checkpoint{}, fmt.Errorf("the size %q is no number", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return checkpoint{}, err
	}
	return checkpoint{size, root}, nil
}

// Split takes notes apart that stand one after the other: a text, an empty line, lines that begin with a dash.
func split(text []byte) (notes [][]byte, rest []byte) {
	for {
		blank := bytes.Index(text, []byte("\n\n— "))
		if blank < 0 {
			return notes, text
		}
		end := blank + 2
		for bytes.HasPrefix(text[end:], []byte("— ")) {
			newline := bytes.IndexByte(text[end:], '\n')
			if newline < 0 {
				return notes, text
			}
			end += newline + 1
		}
		notes = append(notes, text[:end])
		text = text[end:]
	}
}

// Tree keeps the hashes of all complete subtrees, in the order that tlog wants them in.
type tree []tlog.Hash

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(*t)) {
			return nil, errors.New("the leaves are not there")
		}
		hashes[i] = (*t)[index]
	}
	return hashes, nil
}

// ReadSegments adds the leaves of all segments up to a size. A segment counts up to the first index of the next one.
func readSegments(log string, signed int64, t *tree) (size int64) {
	paths, _ := filepath.Glob(filepath.Join(log, "seg", "*.jsonl"))
	firsts := make([]int64, len(paths))
	for i, path := range paths {
		first, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(path), ".jsonl"), 10, 64)
		if err != nil {
			fail(unreadable, "%s is no segment", path)
		}
		firsts[i] = first
	}
	for i, path := range paths {
		if firsts[i] != size && size < signed {
			fail(invalid, "records %d to %d are missing", size, firsts[i]-1)
		}
		end := signed
		if i+1 < len(firsts) && firsts[i+1] < end {
			end = firsts[i+1]
		}
		file, err := os.Open(path)
		if err != nil {
			fail(unreadable, "%v", err)
		}
		reader := bufio.NewReaderSize(file, 1<<20)
		for size < end {
			line, err := reader.ReadBytes('\n')
			if err == io.EOF {
				break
			}
			if err != nil {
				fail(unreadable, "%v", err)
			}
			hashes, err := tlog.StoredHashes(size, line[:len(line)-1], t)
			if err != nil {
				fail(unreadable, "%v", err)
			}
			*t = append(*t, hashes...)
			size++
		}
		file.Close()
	}
	return size
}

func rootOf(t *tree, size int64) tlog.Hash {
	root, err := tlog.TreeHash(size, t)
	if err != nil {
		fail(unreadable, "%v", err)
	}
	return root
}

func main() {
	if len(os.Args) < 3 {
		fail(unreadable, "usage: verify-log LOG VKEY|FILE [HEAD...]")
	}
	log, vkey := os.Args[1], os.Args[2]
	if text, err := os.ReadFile(vkey); err == nil {
		vkey = string(text)
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		fail(unreadable, "%v", err)
	}

	var all []checkpoint
	signed := int64(0)
	for _, name := range []string{"checkpoints", "checkpoint"} {
		text, err := os.ReadFile(filepath.Join(log, name))
		if err != nil && !os.IsNotExist(err) {
			fail(unreadable, "%v", err)
		}
		notes, rest := split(text)
		if len(rest) > 0 {
			fmt.Printf("not covered: %s ends with %d bytes that are no note\n", name, len(rest))
		}
		for i, text := range notes {
			found, err := open(text, verifier)
			if err != nil {
				fail(invalid, "note %d in %s: %v", i+1, name, err)
			}
			if found.size < signed && name == "checkpoints" {
				fail(invalid, "the notes in checkpoints are not in their order")
			}
			if found.size > signed {
				signed = found.size
			}
			all = append(all, found)
		}
	}
	if signed == 0 {
		fail(invalid, "no checkpoint is signed")
	}

	t := &tree{}
	size := readSegments(log, signed, t)
	if size < signed {
		fail(invalid, "records %d to %d were signed and are missing", size, signed-1)
	}
	for _, each := range all {
		if rootOf(t, each.size) != each.root {
			fail(invalid, "of the first %d records, at least one is not the one that was signed", each.size)
		}
	}
	// What tlog proves, it also checks: each checkpoint is a beginning of the newest.
	newest := rootOf(t, signed)
	for _, each := range all {
		proof, err := tlog.ProveTree(signed, each.size, t)
		if err != nil || tlog.CheckTree(proof, signed, newest, each.size, each.root) != nil {
			fail(invalid, "the checkpoint of size %d is no beginning of the newest", each.size)
		}
	}
	for _, path := range os.Args[3:] {
		text, err := os.ReadFile(path)
		if err != nil {
			fail(unreadable, "%v", err)
		}
		head, err := open(text, verifier)
		if err != nil {
			fail(unreadable, "%s: %v", path, err)
		}
		if head.size > signed {
			fail(contradiction, "%s says that there were %d records; %d are signed", path, head.size, signed)
		}
		if rootOf(t, head.size) != head.root {
			fail(contradiction, "by %s, the first %d records were others", path, head.size)
		}
	}
	fmt.Printf("VALID %s: %d records, %d notes, root %s\n", verifier.Name(), signed, len(all),
		base64.StdEncoding.EncodeToString(newest[:]))
}
